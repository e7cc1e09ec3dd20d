#include "services/s3/checksums.hpp"
#include "services/s3/conditions.hpp"
#include "services/s3/copy_source.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/handlers.hpp"
#include "services/s3/object_headers.hpp"
#include "services/s3/put_object.hpp"

namespace clary::services::s3 {

namespace {

Outcome<bool> is_replace(const std::optional<std::string>& directive, const char* kind) {
  if (!directive || *directive == "COPY") return false;
  if (*directive == "REPLACE") return true;
  return invalid_argument(fmt::format("Unknown {} directive.", kind), fmt::format("x-amz-{}-directive", kind),
                          *directive);
}

}  // namespace

Outcome<CheckedSource> read_checked_source(Call& call, const std::string& header) {
  TRY(auto address, read_copy_source(header));
  if (!address.version.empty() && address.version != "null") {
    return invalid_argument("Invalid version id specified", "versionId", address.version);
  }
  const std::string_view owner = call.header("x-amz-source-expected-bucket-owner");
  if (!owner.empty() && owner != call.scope.account) return access_denied();
  CheckedSource source;
  TRY(source.object, call.objects.stat(address.bucket, address.key));
  CHECK_OK(check_conditions(call.request.headers, source.object, "x-amz-copy-source-"));
  // What was checked is what is copied, even if the source changes in between.
  source.from = {std::move(address.bucket), std::move(address.key), source.object.etag};
  return source;
}

Outcome<CopyObjectOutput> copy_object(Call& call, const CopyObjectInput& in) {
  TRY(auto description, read_description(call));
  TRY(bool replace_headers, is_replace(in.MetadataDirective, "metadata"));
  TRY(bool replace_tags, is_replace(in.TaggingDirective, "tagging"));
  objects::CopyPlan plan{
      .keep_headers = !replace_headers, .keep_tags = !replace_tags, .checksum_algorithm = {}, .condition = {}};
  plan.checksum_algorithm = in.ChecksumAlgorithm.value_or("");
  TRY(plan.condition, write_condition(call.request.headers));
  TRY(auto source, read_checked_source(call, in.CopySource));
  const bool same = source.from.bucket == in.Bucket && source.from.key == in.Key;
  const bool changes = replace_headers || in.StorageClass || in.WebsiteRedirectLocation || in.ServerSideEncryption ||
                       in.ChecksumAlgorithm;
  if (same && !changes) {
    return invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
        "metadata, storage class, website redirect location or encryption attributes.");
  }
  if (!replace_headers) {
    // The storage class and the redirection are the copy's own, whatever becomes of the other headers.
    objects::Object own = description;
    description.headers = source.object.headers;
    for (const char* name : {"x-amz-storage-class", "x-amz-website-redirect-location"}) {
      description.headers.erase(name);
      if (auto at = own.headers.find(name); at != own.headers.end()) description.headers.insert(*at);
    }
    plan.keep_headers = false;
  }
  TRY(auto object, call.objects.copy(source.from, in.Bucket, std::move(description), plan));
  CopyObjectOutput out;
  auto& result = out.CopyObjectResult.emplace();
  result.ETag = quoted(object.etag);
  result.LastModified = in_seconds(object.modified);
  set_checksum(result, object.checksum_algorithm, object.checksum);
  if (!object.checksum.empty()) result.ChecksumType = object.checksum_type;
  return out;
}

}  // namespace clary::services::s3
