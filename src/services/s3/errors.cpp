#include "services/s3/errors.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "wire/xml.hpp"

namespace clary::services::s3 {

namespace {

const log::Channel log_{"s3"};

struct ByKind {
  ErrorKind kind;
  std::string_view code;
  unsigned status;
};
constexpr ByKind by_kind[] = {
    {ErrorKind::validation, "InvalidArgument", 400},
    {ErrorKind::not_found, "NoSuchKey", 404},
    {ErrorKind::already_exists, "OperationAborted", 409},
    {ErrorKind::in_use, "OperationAborted", 409},
    {ErrorKind::limit_exceeded, "EntityTooLarge", 400},
    {ErrorKind::access_denied, "AccessDenied", 403},
    {ErrorKind::throttled, "SlowDown", 503},
    {ErrorKind::unavailable, "ServiceUnavailable", 503},
    {ErrorKind::timed_out, "RequestTimeout", 400},
    {ErrorKind::not_implemented, "NotImplemented", 501},
    {ErrorKind::parked, "InternalError", 500},
    {ErrorKind::internal, "InternalError", 500},
};

// Codes whose status does not follow from their kind.
constexpr std::pair<std::string_view, unsigned> by_code[] = {
    {"PreconditionFailed", 412},   {"InvalidRange", 416},     {"InvalidPartNumber", 416},
    {"MissingContentLength", 411}, {"MethodNotAllowed", 405}, {"OperationAborted", 409},
    {"InvalidToken", 400},         {"ExpiredToken", 400},     {"BadRequest", 400},
    {"RequestTimeTooSkewed", 403},
};

void add(std::string& out, std::string_view name, std::string_view value) {
  out.append("<").append(name).append(">");
  wire::write_xml_text(value, out);
  out.append("</").append(name).append(">");
}

}  // namespace

http::Response error_response(const http::Request& request, const Error& error) {
  const auto& kind = *std::ranges::find(by_kind, error.kind, &ByKind::kind);
  const auto special =
      std::ranges::find(by_code, std::string_view(error.code), &std::pair<std::string_view, unsigned>::first);
  if (!error.detail.empty()) log_.error("{} {}: {}", request.method, request.path, error.detail);
  http::Response response;
  response.status = special == std::end(by_code) ? kind.status : special->second;
  response.headers.add("Content-Type", "application/xml");
  if (response.status == 503) response.headers.add("Retry-After", "1");
  if (request.method == "HEAD") return response;
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>";
  add(body, "Code", error.code.empty() ? kind.code : std::string_view(error.code));
  add(body, "Message", error.message);
  for (const auto& [name, value] : error.fields) add(body, name, value);
  add(body, "RequestId", request.id);
  add(body, "HostId", "clary");
  body += "</Error>";
  response.body = std::move(body);
  return response;
}

}  // namespace clary::services::s3
