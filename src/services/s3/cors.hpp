// Cross-origin requests. Every request is proved by a signature in it and never by a cookie, so a page of any origin
// may send what it can sign. Thread rule: pure functions. Invariant: no answer allows credentials.
#pragma once

#include "http/message.hpp"

namespace clary::services::s3 {

http::Response preflight(const http::Request& request);
void allow_origin(const http::Request& request, http::Response& response);

}  // namespace clary::services::s3
