#include "serving/model_error.hpp"

#include "base/bytes.hpp"

namespace clary::serving {

namespace {
constexpr std::size_t max_quoted = 4096;  // of a model's error page; the log has all of it
}

std::string log_group_of(std::string_view endpoint) {
  return fmt::format("/aws/sagemaker/Endpoints/{}", endpoint);
}

Error model_error(const Scope& scope, std::string_view endpoint, unsigned status, std::string_view body) {
  std::string quoted = to_valid_utf8(body.substr(0, max_quoted));
  std::string_view side = status >= 400 && status < 500 ? "client" : "server";
  std::string group = log_group_of(endpoint);
  return aws_error(ErrorKind::unavailable, "ModelError",
                   "Received {} error ({}) from primary with message \"{}\". See "
                   "https://{}.console.aws.amazon.com/cloudwatch/home?region={}#logEventViewer:group={} in account {} "
                   "for more information.",
                   side, status, quoted, scope.region, scope.region, group, scope.account)
      .with("OriginalStatusCode", std::to_string(status))
      .with("OriginalMessage", quoted)
      .with("LogStreamArn", fmt::format("arn:aws:logs:{}:{}:log-group:{}", scope.region, scope.account, group));
}

Error invocation_timed_out(const Scope& scope, std::string_view endpoint) {
  return model_error(scope, endpoint, 0,
                     "Your invocation timed out while waiting for a response from container primary. Review the "
                     "latency metrics for each "
                     "container in Amazon CloudWatch, resolve the issue, and try again.");
}

Error endpoint_not_found(const Scope& scope, std::string_view endpoint) {
  return aws_error(ErrorKind::not_found, "ValidationError", "Endpoint {} of account {} not found.", endpoint,
                   scope.account);
}

Error variant_not_found(std::string_view endpoint, std::string_view variant) {
  return aws_error(ErrorKind::validation, "ValidationError", "Variant {} not found for endpoint {}.", variant,
                   endpoint);
}

Error no_replica(std::string_view endpoint, std::string_view variant) {
  return aws_error(ErrorKind::unavailable, "ModelNotReadyException",
                   "No instance of variant {} of endpoint {} is running at the moment: its model's process ended and "
                   "is being started again. "
                   "See the log group {} for why, and try again.",
                   variant, endpoint, log_group_of(endpoint));
}

Error overloaded(std::string_view endpoint) {
  return aws_error(ErrorKind::throttled, "ServiceUnavailable",
                   "Endpoint {} has as many invocations in flight as it can hold. Try your call again.", endpoint);
}

}  // namespace clary::serving
