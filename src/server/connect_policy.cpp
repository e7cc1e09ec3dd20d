#include "server/connect_policy.hpp"

#include <algorithm>
#include <cctype>

namespace clary::server {

namespace {

constexpr std::string_view amazon = ".amazonaws.com";

// "us-east-1", "ap-southeast-2", "us-gov-west-1"
bool is_region(std::string_view text) {
  auto dashes = std::count(text.begin(), text.end(), '-');
  bool plain = std::all_of(text.begin(), text.end(), [](char c) { return std::islower(static_cast<unsigned char>(c)) || std::isdigit(static_cast<unsigned char>(c)) || c == '-'; });
  return plain && (dashes == 2 || dashes == 3) && text.size() < 32 && std::isdigit(static_cast<unsigned char>(text.back()));
}

// Regional names are <prefix>.<region>.amazonaws.com; some services have a global name beside.
constexpr std::string_view regional[] = {"sts", "api.sagemaker", "runtime.sagemaker", "metrics.sagemaker", "s3", "logs", "monitoring"};
constexpr std::string_view global[] = {"sts.amazonaws.com", "s3.amazonaws.com", "iam.amazonaws.com"};
// The SDKs send telemetry to buckets of these names; answered here at once, so that no fit() waits for it.
constexpr std::string_view telemetry[] = {"sm-pysdk-t-", "dev-exp-t-"};

}  // namespace

bool is_service_name(std::string_view host) {
  if (std::find(std::begin(global), std::end(global), host) != std::end(global)) return true;
  if (!host.ends_with(amazon)) return false;
  host.remove_suffix(amazon.size());
  auto dot = host.rfind('.');
  if (dot == std::string_view::npos || !is_region(host.substr(dot + 1))) return false;
  return std::find(std::begin(regional), std::end(regional), host.substr(0, dot)) != std::end(regional);
}

std::optional<std::string> bucket_of(std::string_view host) {
  for (std::size_t at = host.find(".s3."); at != std::string_view::npos; at = host.find(".s3.", at + 1)) {
    if (at > 0 && is_service_name(host.substr(at + 1))) return std::string(host.substr(0, at));
  }
  return std::nullopt;
}

http::ConnectDecision decide(const ConnectPolicy& policy, const std::string& host, std::uint16_t port) {
  using Kind = http::ConnectDecision::Kind;
  if (!policy.enabled) return {Kind::refuse, 405, "CONNECT is turned off here (setting connect)"};
  if (port == 443) {
    if (is_service_name(host) || (policy.all_amazon && std::string_view(host).ends_with(amazon))) return {Kind::terminate, 200, {}};
    if (auto bucket = bucket_of(host)) {
      bool told = std::any_of(std::begin(telemetry), std::end(telemetry), [&](std::string_view prefix) { return bucket->starts_with(prefix); });
      if (told || policy.bucket_exists(*bucket)) return {Kind::terminate, 200, {}};
    }
  }
  return {Kind::tunnel, 200, {}};
}

}  // namespace clary::server
