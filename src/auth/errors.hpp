// Why a request was not believed. This module returns each failure under one canonical name, the query protocol's;
// as_named_by() gives it the name and message that the called service uses on AWS. Thread rule: pure functions.
// Invariant: renaming changes neither what happened nor who is told what: only name, message, status.
//
//   canonical (query: sts, iam, monitoring)  s3                                  JSON (sagemaker, logs, ...)
//   MissingAuthenticationToken               AccessDenied                        MissingAuthenticationTokenException
//   InvalidClientTokenId                     InvalidAccessKeyId                  UnrecognizedClientException
//   InvalidToken (InvalidClientTokenId)      InvalidToken (400)                  UnrecognizedClientException
//   ExpiredToken                             ExpiredToken (400)                  ExpiredTokenException
//   SignatureDoesNotMatch                    the same                            InvalidSignatureException
//   RequestTimeTooSkewed                     the same                            the same (403)
//   IncompleteSignature (400)                AuthorizationHeaderMalformed (400)  IncompleteSignatureException
//   AuthorizationQueryParametersError *      the same (400)                      IncompleteSignatureException
//   InvalidRequest *, InvalidArgument *      the same (400)                      IncompleteSignatureException
//   XAmzContentSHA256Mismatch **             the same (400)                      InvalidSignatureException
//   AccessDenied                             the same                            AccessDeniedException
// * IncompleteSignature (400) and ** SignatureDoesNotMatch where a query service says it.
// Status: 403 for s3 and query, 400 for JSON, where nothing else is said. A skewed clock keeps its own name everywhere,
// although AWS's JSON and query services hide it in a signature error: it tells the user what to mend, and SDKs that
// correct their clock know the name.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace clary::auth {

// `service` is the credential scope's ("s3", "sagemaker"); other errors pass through unchanged.
Error as_named_by(std::string_view service, Error error);
// The HTTP status of an error that as_named_by(service, ...) has named; 0 for one that is not of this table.
unsigned http_status(std::string_view service, const Error& error);

Error missing_token();
Error unknown_key(std::string_view access_key);
Error invalid_token();
Error expired_token();
Error signature_mismatch();
Error skewed();
Error incomplete(std::string why);        // of an Authorization header
Error incomplete_query(std::string why);  // of a presigned query
Error refused(std::string why);           // AccessDenied

}  // namespace clary::auth
