// What all replicas of a variant need before they can start: the image's version, its environment, the unpacked model.
// Made once, by the first replica that asks; a replica that lives already asks for nothing. Owned by the replicas that
// share it. Thread rule: control thread. Invariant: once ready it stays ready; a failure is kept for those who wait,
// and tried again by whoever asks later.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serving/control_loop.hpp"
#include "serving/endpoints.hpp"
#include "models/model_worker.hpp"

namespace clary::serving {

class VariantKit {
 public:
  VariantKit(ControlLoop& loop, const ServingParts& parts, VariantSpec variant, std::string folder);
  // Done: the kit is ready, or the Error says why it cannot be (its message is a FailureReason). `progress` gets the
  // environment's news.
  Task<Outcome<void>> prepare(std::shared_ptr<Signal> signal, std::function<bool()> abandoned);

  const VariantSpec& variant() const { return variant_; }
  const runtimes::Environment& environment() const { return *environment_; }
  const models::ModelFolders& folders() const { return *folders_; }

 private:
  Task<Outcome<void>> make(std::shared_ptr<Signal> signal, std::function<bool()> abandoned);

  ControlLoop& loop_;
  const ServingParts& parts_;
  VariantSpec variant_;
  std::string folder_;
  std::optional<runtimes::Environment> environment_;
  std::optional<models::ModelFolders> folders_;
  bool making_ = false;
  std::uint64_t makings_ = 0;  // how many have ended
  std::optional<Error> failure_;
  std::vector<std::weak_ptr<Signal>> waiting_;
};

}  // namespace clary::serving
