// What a model says of the container that serves it: what endpoints and transform jobs are made of. Thread rule: any thread.
#pragma once

#include <string>
#include <string_view>

#include "models/container.hpp"
#include "services/context.hpp"

namespace clary::services::sagemaker {

struct ServedModel {
  std::string name, role_arn;
  bool network_isolation = false;
  models::ContainerSpec container;
};

// Could not find model "arn:..."; an Error too for a model of a kind that is not served.
Outcome<ServedModel> find_served_model(Context& call, const std::string& name);

}  // namespace clary::services::sagemaker
