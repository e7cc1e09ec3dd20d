#include "services/roles.hpp"

#include <fmt/format.h>

#include "base/arn.hpp"

namespace clary::services {

namespace {

RoleInfo to_role(const std::string& arn) {
  RoleInfo role;
  role.arn = arn;
  std::string resource = parse_arn(arn).value_or(Arn{}).resource;  // role/service-role/Name
  auto first = resource.find('/'), last = resource.rfind('/');
  role.path = resource.substr(first, last - first + 1);
  role.name = resource.substr(last + 1);
  role.id = auth::role_id(arn);
  return role;
}

}  // namespace

std::vector<RoleInfo> roles_of(const auth::Installation& installation) { return {to_role(installation.role_arn)}; }

std::optional<RoleInfo> find_role(const auth::Installation& installation, std::string_view name) {
  for (RoleInfo& role : roles_of(installation)) {
    if (role.name == name) return std::move(role);
  }
  return std::nullopt;
}

std::optional<RoleInfo> find_role_by_arn(const auth::Installation& installation, std::string_view arn) {
  for (RoleInfo& role : roles_of(installation)) {
    if (role.arn == arn) return std::move(role);
  }
  return std::nullopt;
}

std::string assumed_role_arn(const RoleInfo& role, const std::string& account, std::string_view session) {
  return fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", account, role.name, session);
}

}  // namespace clary::services
