// The roles of an installation: one, made at first start, trusted by sagemaker.amazonaws.com, allowed everything in its account.
// Thread rule: pure functions. Invariant: a role's id is the same at every start (derived from its ARN).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/identity.hpp"

namespace clary::services {

struct RoleInfo {
  std::string arn, path, name, id;
};

std::vector<RoleInfo> roles_of(const auth::Installation& installation);
std::optional<RoleInfo> find_role(const auth::Installation& installation, std::string_view name);
std::optional<RoleInfo> find_role_by_arn(const auth::Installation& installation, std::string_view arn);
std::string assumed_role_arn(const RoleInfo& role, const std::string& account, std::string_view session);

}  // namespace clary::services
