// Amazon Resource Names: arn:aws:<service>:<region>:<account>:<resource>. A plain value.
// Scope is the account and region that a resource lives in: two scopes never see each other's resources.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clary {

struct Scope {
  std::string account;  // 12 digits
  std::string region;
  bool operator==(const Scope&) const = default;
};

struct Arn {
  std::string partition = "aws";
  std::string service;
  std::string region;    // empty for global services
  std::string account;
  std::string resource;  // "training-job/name", "role/service-role/X", "log-group:/aws/..."

  std::string str() const;
  // The part of `resource` before its first '/' or ':' and the part after it.
  std::string_view type() const;
  std::string_view name() const;
  bool operator==(const Arn&) const = default;
};

std::optional<Arn> parse_arn(std::string_view text);
// sagemaker_arn({account, region}, "training-job", "digits") = arn:aws:sagemaker:<region>:<account>:training-job/digits
std::string sagemaker_arn(const Scope& scope, std::string_view type, std::string_view name);

}  // namespace clary
