#include "services/errors.hpp"

#include <algorithm>
#include <optional>

namespace clary::services {

namespace {

struct Named {
  ErrorKind kind;
  const char* json;   // json and rest-json services
  const char* query;  // query services
  unsigned status;
};

constexpr Named by_kind[] = {
    {ErrorKind::validation, "ValidationException", "ValidationError", 400},
    {ErrorKind::not_found, "ResourceNotFoundException", "NoSuchEntity", 404},
    {ErrorKind::already_exists, "ResourceAlreadyExistsException", "EntityAlreadyExists", 400},
    {ErrorKind::in_use, "ConflictException", "DeleteConflict", 409},
    {ErrorKind::limit_exceeded, "LimitExceededException", "LimitExceeded", 400},
    {ErrorKind::access_denied, "AccessDeniedException", "AccessDenied", 403},
    {ErrorKind::throttled, "ThrottlingException", "Throttling", 400},
    {ErrorKind::unavailable, "ServiceUnavailableException", "ServiceUnavailable", 503},
    {ErrorKind::timed_out, "RequestTimeoutException", "RequestTimeout", 400},
    {ErrorKind::not_implemented, "UnknownOperationException", "InvalidAction", 400},
    {ErrorKind::parked, "InternalFailure", "InternalFailure", 500},
    {ErrorKind::internal, "InternalFailure", "InternalFailure", 500},
};

struct Override {
  std::string_view service;
  ErrorKind kind;
  const char* code;
  unsigned status;
};

// What a service's own model calls these.
constexpr Override overrides[] = {
    // SageMaker answers most missing resources with ValidationException; a handler that means ResourceNotFound says so by its code.
    {"sagemaker", ErrorKind::not_found, "ValidationException", 400},
    {"sagemaker", ErrorKind::already_exists, "ValidationException", 400},
    {"sagemaker", ErrorKind::in_use, "ResourceInUse", 400},
    {"sagemaker", ErrorKind::limit_exceeded, "ResourceLimitExceeded", 400},
    {"sagemaker-runtime", ErrorKind::validation, "ValidationError", 400},
    {"sagemaker-runtime", ErrorKind::not_found, "ValidationError", 400},
    {"sagemaker-runtime", ErrorKind::limit_exceeded, "ValidationError", 413},
    {"sagemaker-runtime", ErrorKind::unavailable, "ServiceUnavailable", 503},
    {"sagemaker-runtime", ErrorKind::internal, "InternalFailure", 500},
    {"cloudwatch", ErrorKind::validation, "InvalidParameterValueException", 400},
    {"cloudwatch", ErrorKind::internal, "InternalServiceFault", 500},
    {"logs", ErrorKind::validation, "InvalidParameterException", 400},
    {"logs", ErrorKind::not_found, "ResourceNotFoundException", 400},
};

// Codes that are no shapes of a model: what the protocols themselves and the signature answer.
constexpr std::pair<std::string_view, unsigned> common[] = {
    {"AccessDenied", 403}, {"AccessDeniedException", 400}, {"ExpiredToken", 403}, {"ExpiredTokenException", 400},
    {"IncompleteSignature", 400}, {"IncompleteSignatureException", 400}, {"InvalidClientTokenId", 403}, {"InvalidSignatureException", 400},
    {"MissingAuthenticationToken", 403}, {"MissingAuthenticationTokenException", 400}, {"RequestTimeTooSkewed", 403},
    {"SignatureDoesNotMatch", 403}, {"UnrecognizedClientException", 400}, {"SerializationException", 400}, {"UnknownOperationException", 400},
    {"MalformedQueryString", 404}, {"ValidationException", 400}, {"RequestEntityTooLarge", 413},
};

// Of a signature. REST-JSON services answer it with 403, the JSON protocols with 400.
bool is_disbelief(std::string_view code) {
  return code == "AccessDeniedException" || code == "ExpiredTokenException" || code == "InvalidSignatureException" ||
         code == "IncompleteSignatureException" || code == "MissingAuthenticationTokenException" || code == "UnrecognizedClientException";
}

std::optional<unsigned> status_of(std::string_view code, const wire::Service& service) {
  for (const wire::ErrorShape& shape : service.errors) {
    if (shape.code == code || shape.name == code) return shape.status;
  }
  for (const auto& [name, status] : common) {
    if (name == code) return status;
  }
  return std::nullopt;
}

}  // namespace

NamedError name_of(const Error& error, const wire::Service& service, wire::Protocol protocol) {
  const auto& row = *std::find_if(std::begin(by_kind), std::end(by_kind), [&](const Named& named) { return named.kind == error.kind; });
  const bool query = protocol == wire::Protocol::query || protocol == wire::Protocol::rest_xml;
  std::string code = error.code;
  unsigned status = row.status;
  if (!code.empty()) {
    if (protocol == wire::Protocol::rest_json && is_disbelief(code)) return {code, 403};
    status = status_of(code, service).value_or(status);
  } else {
    const auto* special = std::find_if(std::begin(overrides), std::end(overrides),
                                       [&](const Override& known) { return known.service == service.name && known.kind == error.kind; });
    if (special == std::end(overrides))
      return {query ? row.query : row.json, status, service.query_compatible && !query ? row.query : ""};
    code = special->code, status = special->status;
  }
  const bool keeps_both = service.query_compatible && !query;
  for (const wire::ErrorShape& shape : service.errors) {
    if (shape.name == code || (keeps_both && shape.code == code))
      return {std::string(keeps_both ? shape.name : shape.code), error.code.empty() ? status : shape.status, std::string(keeps_both ? shape.code : "")};
  }
  return {code, status, keeps_both ? code : ""};
}

Outcome<void> check(const wire::Violations& violations, const wire::Service& service) {
  constexpr std::string_view missing = "MissingRequiredParameterException";
  const bool named = std::any_of(service.errors.begin(), service.errors.end(), [&](const wire::ErrorShape& shape) { return shape.name == missing; });
  if (named && !violations.first_missing().empty())
    return aws_error(ErrorKind::validation, std::string(missing), "The parameter {} is required.", violations.first_missing());
  return violations.result();
}

}  // namespace clary::services
