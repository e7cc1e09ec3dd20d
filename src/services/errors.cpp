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

NamedError name_of(const Error& error, const wire::Service& service) {
  const auto& row = *std::find_if(std::begin(by_kind), std::end(by_kind), [&](const Named& named) { return named.kind == error.kind; });
  if (!error.code.empty()) {
    if (service.protocol == wire::Protocol::rest_json && is_disbelief(error.code)) return {error.code, 403};
    auto status = status_of(error.code, service);
    for (const wire::ErrorShape& shape : service.errors) {
      if (shape.name == error.code) return {std::string(shape.code), shape.status};
    }
    return {error.code, status.value_or(row.status)};
  }
  for (const Override& special : overrides) {
    if (special.service == service.name && special.kind == error.kind) return {special.code, special.status};
  }
  bool query = service.protocol == wire::Protocol::query || service.protocol == wire::Protocol::rest_xml;
  return {query ? row.query : row.json, row.status};
}

}  // namespace clary::services
