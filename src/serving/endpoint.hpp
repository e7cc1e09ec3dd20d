// An endpoint as the domain sees it: what it should serve (VariantSpec) and how it stands (Endpoint). Plain values.
// Words for statuses are AWS's (EndpointStatus in the SageMaker API Reference).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/arn.hpp"
#include "base/time.hpp"
#include "models/container.hpp"

namespace clary::serving {

struct VariantSpec {
  std::string name;
  std::string model_name;
  std::string role_arn;  // the model's execution role
  models::ContainerSpec container;
  std::string instance_type;
  std::int64_t initial_count = 1;
  double weight = 1;
  std::int64_t startup_timeout_seconds = 600;
};

struct VariantStatus {
  std::string name;
  std::string image;  // as asked; ResolvedImage is the same
  std::int64_t current_count = 0, desired_count = 0;
  double current_weight = 1, desired_weight = 1;
};

struct Endpoint {
  std::int64_t id = 0;
  Scope scope;
  std::string name, arn, config_name;
  // Creating, InService, Updating, RollingBack, Failed, Deleting, SystemUpdating, OutOfService
  std::string status = "Creating";
  std::string failure_reason;
  Time created, modified;
  std::vector<VariantStatus> variants;
  std::string document;  // the service's: the create request
};

}  // namespace clary::serving
