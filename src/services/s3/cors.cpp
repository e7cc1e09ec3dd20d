#include "services/s3/cors.hpp"

#include "services/s3/errors.hpp"
#include "services/s3/object_headers.hpp"

namespace clary::services::s3 {

http::Response preflight(const http::Request& request) {
  if (!request.headers.has("origin")) {
    return error_response(request, aws_error(ErrorKind::validation, "BadRequest",
                                             "Insufficient information. Origin request header needed."));
  }
  if (!request.headers.has("access-control-request-method")) {
    return error_response(
        request, aws_error(ErrorKind::validation, "BadRequest", "Invalid Access-Control-Request-Method: null"));
  }
  http::Response response;
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.headers.add("Access-Control-Allow-Methods", "GET, PUT, POST, DELETE, HEAD");
  const std::string_view asked = request.headers.get("access-control-request-headers");
  if (!asked.empty() && is_plain_value(asked)) response.headers.add("Access-Control-Allow-Headers", std::string(asked));
  response.headers.add("Access-Control-Max-Age", "3600");
  response.headers.add("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
  return response;
}

void allow_origin(const http::Request& request, http::Response& response) {
  if (!request.headers.has("origin")) return;
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.headers.add(
      "Access-Control-Expose-Headers",
      "ETag, Content-Range, x-amz-request-id, x-amz-bucket-region, x-amz-mp-parts-count, x-amz-checksum-crc32, "
      "x-amz-checksum-crc32c, x-amz-checksum-crc64nvme, x-amz-checksum-sha1, x-amz-checksum-sha256, "
      "x-amz-checksum-type");
}

}  // namespace clary::services::s3
