#include "services/s3/bindings.hpp"

#include <type_traits>
#include <unordered_map>

#include "services/binding.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/handlers.hpp"
#include "services/s3/payload.hpp"
#include "wire/rest.hpp"

namespace clary::services::s3 {

namespace {

constexpr std::size_t largest_document = 2 * 1024 * 1024;  // a list of 10,000 parts, or of 1,000 keys of 1,024 bytes

// The root elements that S3 does not call by the name of its shape.
std::string_view root_of(std::string_view operation) {
  static const std::unordered_map<std::string_view, std::string_view> roots{
      {"ListBuckets", "ListAllMyBucketsResult"},
      {"ListObjects", "ListBucketResult"},
      {"ListObjectsV2", "ListBucketResult"},
      {"ListObjectVersions", "ListVersionsResult"},
      {"ListMultipartUploads", "ListMultipartUploadsResult"},
      {"ListParts", "ListPartsResult"},
      {"CreateMultipartUpload", "InitiateMultipartUploadResult"},
      {"CompleteMultipartUpload", "CompleteMultipartUploadResult"},
      {"DeleteObjects", "DeleteResult"},
      {"GetBucketAcl", "AccessControlPolicy"},
      {"GetObjectAcl", "AccessControlPolicy"},
      {"GetBucketTagging", "Tagging"},
      {"GetObjectTagging", "Tagging"},
      {"GetBucketVersioning", "VersioningConfiguration"},
      {"GetObjectAttributes", "GetObjectAttributesResponse"},
  };
  auto at = roots.find(operation);
  return at == roots.end() ? std::string_view{} : at->second;
}

Outcome<void> read_into(const wire::Operation& operation, void* input, Call& call) {
  const wire::Field* payload = operation.input->payload;
  std::string document;
  if (payload != nullptr && !payload->shape->streaming) {
    TRY(document, read_document(call, largest_document, operation.input->find("ChecksumCRC32") != nullptr));
  }
  wire::RestRequest parts;
  parts.labels = {{"Bucket", call.target.bucket}, {"Key", call.target.key}};
  parts.query = call.query;
  for (const auto& [name, value] : call.request.headers) parts.headers.emplace_back(name, value);
  parts.body = document;
  wire::Violations violations;
  CHECK_OK(wire::read_rest(operation, input, parts, violations));
  if (violations.empty()) return {};
  if (payload != nullptr) return malformed_xml();
  return invalid_request(violations.result().error().message);
}

http::Response write(const wire::Operation& operation, const void* output) {
  wire::RestAnswer parts = wire::write_rest(operation, output, root_of(operation.name));
  http::Response response;
  response.status = parts.status;
  if (!parts.content_type.empty()) response.headers.add("Content-Type", std::string(parts.content_type));
  for (auto& [name, value] : parts.headers) response.headers.add(std::move(name), std::move(value));
  response.body = std::move(parts.body);
  return response;
}

template <typename Op, auto Handler>
struct Serve {
  static constexpr std::string_view name = Op::name;
  static Outcome<http::Response> run(Call& call) {
    if constexpr (std::is_invocable_v<decltype(Handler), Call&>) {
      return Handler(call);
    } else {
      typename Op::Input input{};
      CHECK_OK(read_into(Op::info, &input, call));
      auto output = Handler(call, input);
      if (!output) return std::move(output).error();
      if constexpr (std::is_same_v<typename decltype(output)::value_type, http::Response>) {
        return output;
      } else {
        return write(Op::info, &*output);
      }
    }
  }
};

template <typename... Served>
std::unordered_map<std::string_view, Run> table() {
  static_assert(same_operations<served_operations, Served...>(),
                "the handlers bound here and S3's operations in api/operations.toml differ");
  return {{Served::name, Served::run}...};
}

}  // namespace

Run find_handler(std::string_view operation) {
  static const auto handlers = table<Serve<op::AbortMultipartUpload, abort_multipart_upload>,        //
                                     Serve<op::CompleteMultipartUpload, complete_multipart_upload>,  //
                                     Serve<op::CopyObject, copy_object>,                             //
                                     Serve<op::CreateBucket, create_bucket>,                         //
                                     Serve<op::CreateMultipartUpload, create_multipart_upload>,      //
                                     Serve<op::DeleteBucket, delete_bucket>,                         //
                                     Serve<op::DeleteBucketTagging, delete_bucket_tagging>,          //
                                     Serve<op::DeleteObject, delete_object>,                         //
                                     Serve<op::DeleteObjectTagging, delete_object_tagging>,          //
                                     Serve<op::DeleteObjects, delete_objects>,                       //
                                     Serve<op::GetBucketAcl, get_bucket_acl>,                        //
                                     Serve<op::GetBucketLocation, get_bucket_location>,              //
                                     Serve<op::GetBucketTagging, get_bucket_tagging>,                //
                                     Serve<op::GetBucketVersioning, get_bucket_versioning>,          //
                                     Serve<op::GetObject, get_object>,                               //
                                     Serve<op::GetObjectAcl, get_object_acl>,                        //
                                     Serve<op::GetObjectAttributes, get_object_attributes>,          //
                                     Serve<op::GetObjectTagging, get_object_tagging>,                //
                                     Serve<op::HeadBucket, head_bucket>,                             //
                                     Serve<op::HeadObject, head_object>,                             //
                                     Serve<op::ListBuckets, list_buckets>,                           //
                                     Serve<op::ListMultipartUploads, list_multipart_uploads>,        //
                                     Serve<op::ListObjectVersions, list_object_versions>,            //
                                     Serve<op::ListObjects, list_objects>,                           //
                                     Serve<op::ListObjectsV2, list_objects_v2>,                      //
                                     Serve<op::ListParts, list_parts>,                               //
                                     Serve<op::PutBucketTagging, put_bucket_tagging>,                //
                                     Serve<op::PutObject, put_object>,                               //
                                     Serve<op::PutObjectTagging, put_object_tagging>,                //
                                     Serve<op::UploadPart, upload_part>,                             //
                                     Serve<op::UploadPartCopy, upload_part_copy>>();
  auto at = handlers.find(operation);
  return at == handlers.end() ? nullptr : at->second;
}

}  // namespace clary::services::s3
