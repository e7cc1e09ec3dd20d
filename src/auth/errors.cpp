#include "auth/errors.hpp"

#include <array>

namespace clary::auth {

namespace {

struct As {
  std::string_view code;
  unsigned status;
};

struct Names {
  std::string_view canonical;
  As s3, json, query;
  std::string_view s3_message;  // empty: the same message everywhere
};

constexpr std::array<Names, 12> table{{
    {"MissingAuthenticationToken",
     {"AccessDenied", 403},
     {"MissingAuthenticationTokenException", 400},
     {"MissingAuthenticationToken", 403},
     "Access Denied"},
    {"InvalidClientTokenId",
     {"InvalidAccessKeyId", 403},
     {"UnrecognizedClientException", 400},
     {"InvalidClientTokenId", 403},
     "The AWS Access Key Id you provided does not exist in our records."},
    {"InvalidToken",
     {"InvalidToken", 400},
     {"UnrecognizedClientException", 400},
     {"InvalidClientTokenId", 403},
     "The provided token is malformed or otherwise invalid."},
    {"ExpiredToken",
     {"ExpiredToken", 400},
     {"ExpiredTokenException", 400},
     {"ExpiredToken", 403},
     "The provided token has expired."},
    {"SignatureDoesNotMatch",
     {"SignatureDoesNotMatch", 403},
     {"InvalidSignatureException", 400},
     {"SignatureDoesNotMatch", 403},
     "The request signature we calculated does not match the signature you provided. Check your key and signing "
     "method."},
    {"RequestTimeTooSkewed",
     {"RequestTimeTooSkewed", 403},
     {"RequestTimeTooSkewed", 403},
     {"RequestTimeTooSkewed", 403},
     ""},
    {"IncompleteSignature",
     {"AuthorizationHeaderMalformed", 400},
     {"IncompleteSignatureException", 400},
     {"IncompleteSignature", 400},
     ""},
    {"AuthorizationQueryParametersError",
     {"AuthorizationQueryParametersError", 400},
     {"IncompleteSignatureException", 400},
     {"IncompleteSignature", 400},
     ""},
    {"InvalidRequest",
     {"InvalidRequest", 400},
     {"IncompleteSignatureException", 400},
     {"IncompleteSignature", 400},
     ""},
    {"InvalidArgument",
     {"InvalidArgument", 400},
     {"IncompleteSignatureException", 400},
     {"IncompleteSignature", 400},
     ""},
    {"XAmzContentSHA256Mismatch",
     {"XAmzContentSHA256Mismatch", 400},
     {"InvalidSignatureException", 400},
     {"SignatureDoesNotMatch", 403},
     ""},
    {"AccessDenied", {"AccessDenied", 403}, {"AccessDeniedException", 400}, {"AccessDenied", 403}, ""},
}};

bool speaks_query(std::string_view service) {
  return service == "sts" || service == "iam" || service == "monitoring";
}

const As& column(const Names& names, std::string_view service) {
  return service == "s3" ? names.s3 : speaks_query(service) ? names.query : names.json;
}

}  // namespace

Error as_named_by(std::string_view service, Error error) {
  for (const Names& names : table) {
    if (names.canonical != error.code) continue;
    const As& as = column(names, service);
    error.code = as.code;
    if (service != "s3") {
      error.fields.clear();  // only S3's error document has further members
      break;
    }
    error.kind = as.status == 400 ? ErrorKind::validation : ErrorKind::access_denied;
    if (!names.s3_message.empty()) error.message = names.s3_message;
    break;
  }
  return error;
}

unsigned http_status(std::string_view service, const Error& error) {
  for (const Names& names : table) {
    const As& as = column(names, service);
    if (as.code == error.code) return as.status;
  }
  return 0;
}

Error missing_token() {
  return aws_error(ErrorKind::access_denied, "MissingAuthenticationToken", "Missing Authentication Token");
}

Error unknown_key(std::string_view access_key) {
  return aws_error(ErrorKind::access_denied, "InvalidClientTokenId",
                   "The security token included in the request is invalid.")
      .with("AWSAccessKeyId", std::string(access_key));
}

Error invalid_token() {
  return aws_error(ErrorKind::access_denied, "InvalidToken", "The security token included in the request is invalid.");
}

Error expired_token() {
  return aws_error(ErrorKind::access_denied, "ExpiredToken", "The security token included in the request is expired");
}

Error signature_mismatch() {
  return aws_error(ErrorKind::access_denied, "SignatureDoesNotMatch",
                   "The request signature we calculated does not match the signature you provided. Check your AWS "
                   "Secret Access Key and "
                   "signing method. Consult the service documentation for details.");
}

Error skewed() {
  return aws_error(ErrorKind::access_denied, "RequestTimeTooSkewed",
                   "The difference between the request time and the current time is too large.");
}

Error incomplete(std::string why) {
  return Error{ErrorKind::validation, std::move(why), {}, "IncompleteSignature", {}};
}

Error incomplete_query(std::string why) {
  return Error{ErrorKind::validation, std::move(why), {}, "AuthorizationQueryParametersError", {}};
}

Error refused(std::string why) {
  return Error{ErrorKind::access_denied, std::move(why), {}, "AccessDenied", {}};
}

}  // namespace clary::auth
