#include "services/s3/put_object.hpp"

#include "services/s3/conditions.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/handlers.hpp"
#include "services/s3/object_headers.hpp"
#include "services/s3/tags.hpp"

namespace clary::services::s3 {

namespace {
constexpr std::uint64_t largest_put = 5ULL << 30;
}

Outcome<objects::Object> read_description(const Call& call) {
  CHECK_OK(check_unserved_headers(call.request.headers));
  objects::Object description;
  description.key = call.target.key;
  TRY(description.headers, read_object_headers(call.request.headers));
  TRY(description.tags, read_tagging_header(call.header("x-amz-tagging")));
  return description;
}

Outcome<objects::Expected> read_expected(const Call& call, const PayloadReader& payload) {
  if (!payload.length()) {
    return aws_error(ErrorKind::validation, "MissingContentLength", "You must provide the Content-Length HTTP header.");
  }
  if (*payload.length() > largest_put) {
    return aws_error(ErrorKind::limit_exceeded, "EntityTooLarge",
                     "Your proposed upload exceeds the maximum allowed size")
        .with("ProposedSize", std::to_string(*payload.length()))
        .with("MaxSizeAllowed", std::to_string(largest_put));
  }
  return objects::Expected{payload.length(), std::string(call.header("content-md5")), payload.payload_hash()};
}

Outcome<http::Response> put_object(Call& call) {
  TRY(auto description, read_description(call));
  TRY(SentChecksum sent, read_checksum(call.request));
  description.checksum_algorithm = sent.algorithm;
  description.checksum = sent.value;
  TRY(auto condition, write_condition(call.request.headers));
  PayloadReader payload(call);
  TRY(auto expected, read_expected(call, payload));
  TRY(auto writer, call.objects.create_checked(call.target.bucket, std::move(description), std::move(expected),
                                               std::move(condition)));
  CHECK_OK(pour(payload, sent, *writer));
  TRY(auto object, writer->commit());
  http::Response response;
  response.headers.add("ETag", quoted(object.etag));
  response.headers.add(header_of(object.checksum_algorithm), object.checksum);
  response.headers.add("x-amz-checksum-type", object.checksum_type);
  return response;
}

}  // namespace clary::services::s3
