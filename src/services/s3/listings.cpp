#include "base/bytes.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/handlers.hpp"

namespace clary::services::s3 {

namespace {

constexpr std::int64_t most_keys = 1000;

// How keys are shown: as they are, or percent-encoded where the client asks (XML cannot hold every character).
struct Encoding {
  bool url = false;
  std::string operator()(std::string_view text) const { return url ? uri_encode(text, true) : std::string(text); }
};

Outcome<Encoding> encoding_of(const std::optional<std::string>& type) {
  if (!type) return Encoding{};
  if (*type != "url") return invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", *type);
  return Encoding{true};
}

Outcome<std::int64_t> limit_of(std::optional<std::int64_t> asked, std::string name) {
  const std::int64_t limit = asked.value_or(most_keys);
  if (limit < 0 || limit > 2147483647) {
    return invalid_argument("Argument maxKeys must be an integer between 0 and 2147483647", std::move(name),
                            std::to_string(limit));
  }
  return std::min(limit, most_keys);
}

// Tokens are opaque to clients; the mark tells one of ours from a guess.
std::string to_token(std::string_view after) {
  return to_base64("k" + std::string(after));
}
Outcome<std::string> from_token(std::string_view token) {
  auto after = from_base64(token);
  if (!after || after->size() < 2 || after->front() != 'k') {
    return invalid_argument("The continuation token provided is incorrect", "continuation-token", std::string(token));
  }
  return after->substr(1);
}

template <typename Item>
Item describe(const objects::Object& object, const Encoding& encode) {
  Item item;
  item.Key = encode(object.key);
  item.LastModified = in_seconds(object.modified);
  item.ETag = quoted(object.etag);
  item.Size = static_cast<std::int64_t>(object.size);
  item.StorageClass = "STANDARD";
  if (!object.checksum_algorithm.empty()) {
    item.ChecksumAlgorithm = std::vector<std::string>{object.checksum_algorithm};
    item.ChecksumType = object.checksum_type;
  }
  return item;
}

// What the three listings have in common.
template <typename Output>
void fill(Output& out, const objects::Listing& page, const Encoding& encode, const std::string& prefix,
          const std::string& delimiter, std::int64_t limit) {
  out.Prefix = encode(prefix);
  if (!delimiter.empty()) out.Delimiter = encode(delimiter);
  out.MaxKeys = limit;
  out.IsTruncated = page.truncated;
  if (encode.url) out.EncodingType = "url";
  if (page.prefixes.empty()) return;
  out.CommonPrefixes.emplace();
  for (const auto& group : page.prefixes) out.CommonPrefixes->push_back({.Prefix = encode(group)});
}

}  // namespace

Outcome<ListObjectsOutput> list_objects(Call& call, const ListObjectsInput& in) {
  TRY(Encoding encode, encoding_of(in.EncodingType));
  TRY(std::int64_t limit, limit_of(in.MaxKeys, "maxKeys"));
  const std::string prefix = in.Prefix.value_or(""), delimiter = in.Delimiter.value_or(""),
                    marker = in.Marker.value_or("");
  TRY(auto page, call.objects.list(in.Bucket, prefix, delimiter, marker, limit));
  ListObjectsOutput out;
  out.Name = in.Bucket;
  out.Marker = encode(marker);
  fill(out, page, encode, prefix, delimiter, limit);
  // Without a delimiter the last key is the next marker, and S3 leaves it to the client to know.
  if (page.truncated && !delimiter.empty()) out.NextMarker = encode(page.next);
  if (page.objects.empty()) return out;
  out.Contents.emplace();
  for (const auto& object : page.objects) {
    out.Contents->push_back(describe<Object>(object, encode));
    out.Contents->back().Owner = Owner{.DisplayName = {}, .ID = canonical_id(call.scope.account)};
  }
  return out;
}

Outcome<ListObjectsV2Output> list_objects_v2(Call& call, const ListObjectsV2Input& in) {
  if (call.parameter("list-type") != "2") {
    return invalid_argument("Invalid List Type specified in Request", "list-type",
                            std::string(call.parameter("list-type")));
  }
  TRY(Encoding encode, encoding_of(in.EncodingType));
  TRY(std::int64_t limit, limit_of(in.MaxKeys, "maxKeys"));
  const std::string prefix = in.Prefix.value_or(""), delimiter = in.Delimiter.value_or("");
  std::string after = in.StartAfter.value_or("");
  if (in.ContinuationToken) {
    TRY(after, from_token(*in.ContinuationToken));
  }
  TRY(auto page, call.objects.list(in.Bucket, prefix, delimiter, after, limit));
  ListObjectsV2Output out;
  out.Name = in.Bucket;
  fill(out, page, encode, prefix, delimiter, limit);
  out.KeyCount = static_cast<std::int64_t>(page.objects.size() + page.prefixes.size());
  out.ContinuationToken = in.ContinuationToken;
  if (in.StartAfter) out.StartAfter = encode(*in.StartAfter);
  if (page.truncated) out.NextContinuationToken = to_token(page.next);
  if (page.objects.empty()) return out;
  out.Contents.emplace();
  for (const auto& object : page.objects) {
    out.Contents->push_back(describe<Object>(object, encode));
    if (in.FetchOwner.value_or(false))
      out.Contents->back().Owner = Owner{.DisplayName = {}, .ID = canonical_id(call.scope.account)};
  }
  return out;
}

// Buckets are not versioned: every object is its own latest version, "null".
Outcome<ListObjectVersionsOutput> list_object_versions(Call& call, const ListObjectVersionsInput& in) {
  TRY(Encoding encode, encoding_of(in.EncodingType));
  TRY(std::int64_t limit, limit_of(in.MaxKeys, "maxKeys"));
  const std::string prefix = in.Prefix.value_or(""), delimiter = in.Delimiter.value_or(""),
                    marker = in.KeyMarker.value_or("");
  if (in.VersionIdMarker && marker.empty()) {
    return invalid_argument("A version-id marker cannot be specified without a key marker.", "version-id-marker",
                            *in.VersionIdMarker);
  }
  TRY(auto page, call.objects.list(in.Bucket, prefix, delimiter, marker, limit));
  ListObjectVersionsOutput out;
  out.Name = in.Bucket;
  out.KeyMarker = encode(marker);
  out.VersionIdMarker = in.VersionIdMarker.value_or("");
  fill(out, page, encode, prefix, delimiter, limit);
  if (page.truncated) {
    out.NextKeyMarker = encode(page.next);
    if (!page.objects.empty() && page.objects.back().key == page.next) out.NextVersionIdMarker = "null";
  }
  if (page.objects.empty()) return out;
  out.Versions.emplace();
  for (const auto& object : page.objects) {
    auto& version = out.Versions->emplace_back(describe<ObjectVersion>(object, encode));
    version.VersionId = "null";
    version.IsLatest = true;
    version.Owner = Owner{.DisplayName = {}, .ID = canonical_id(call.scope.account)};
  }
  return out;
}

}  // namespace clary::services::s3
