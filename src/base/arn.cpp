#include "base/arn.hpp"

#include <fmt/format.h>

namespace clary {

std::string Arn::str() const { return fmt::format("arn:{}:{}:{}:{}:{}", partition, service, region, account, resource); }

std::string_view Arn::type() const {
  std::string_view text = resource;
  auto end = text.find_first_of("/:");
  return end == std::string_view::npos ? std::string_view{} : text.substr(0, end);
}

std::string_view Arn::name() const {
  std::string_view text = resource;
  auto end = text.find_first_of("/:");
  return end == std::string_view::npos ? text : text.substr(end + 1);
}

std::optional<Arn> parse_arn(std::string_view text) {
  auto next = [&]() -> std::optional<std::string> {
    auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string part(text.substr(0, colon));
    text.remove_prefix(colon + 1);
    return part;
  };
  auto arn = next(), partition = next(), service = next(), region = next(), account = next();
  if (!account || *arn != "arn" || text.empty()) return std::nullopt;
  return Arn{*partition, *service, *region, *account, std::string(text)};
}

std::string sagemaker_arn(const Scope& scope, std::string_view type, std::string_view name) {
  return Arn{"aws", "sagemaker", scope.region, scope.account, fmt::format("{}/{}", type, name)}.str();
}

}  // namespace clary
