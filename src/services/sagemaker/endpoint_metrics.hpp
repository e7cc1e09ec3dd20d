// The invocations of endpoints as CloudWatch's metrics of the namespace AWS/SageMaker, by EndpointName and VariantName. Thread rule: one thread calls
// store(). Invariant: what was taken from the endpoints' counters and could not be stored is stored the next time.
#pragma once

#include <vector>

#include "services/context.hpp"

namespace clary::services::sagemaker {

class EndpointMetrics {
 public:
  explicit EndpointMetrics(const Parts& parts) : store_(parts.store), endpoints_(parts.endpoints) {}
  // `since`: when it was called before; what was counted from then on belongs to that minute.
  Outcome<void> store(Time since);

 private:
  meta::Store& store_;
  serving::Endpoints& endpoints_;
  Time since_{};
  std::vector<serving::VariantCounts> taken_;
};

}  // namespace clary::services::sagemaker
