// S3's errors: their status, and the XML document that carries them. Thread rule: pure functions.
// Invariant: the document's RequestId equals the answer's x-amz-request-id.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "http/message.hpp"

namespace clary::services::s3 {

http::Response error_response(const http::Request& request, const Error& error);

inline Error invalid_argument(std::string message, std::string name, std::string value) {
  return aws_error(ErrorKind::validation, "InvalidArgument", "{}", message)
      .with("ArgumentName", std::move(name))
      .with("ArgumentValue", std::move(value));
}
inline Error invalid_request(std::string message) {
  return aws_error(ErrorKind::validation, "InvalidRequest", "{}", message);
}
inline Error malformed_xml() {
  return aws_error(ErrorKind::validation, "MalformedXML",
                   "The XML you provided was not well-formed or did not validate against our published schema");
}
inline Error access_denied() {
  return aws_error(ErrorKind::access_denied, "AccessDenied", "Access Denied");
}
inline Error not_implemented(std::string_view operation) {
  return aws_error(ErrorKind::not_implemented, "NotImplemented", "The operation {} is not implemented.", operation);
}
inline Error header_not_implemented(std::string header) {
  return aws_error(ErrorKind::not_implemented, "NotImplemented",
                   "A header you provided implies functionality that is not implemented")
      .with("Header", std::move(header));
}

}  // namespace clary::services::s3
