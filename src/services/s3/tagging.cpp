#include "base/bytes.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/handlers.hpp"
#include "services/s3/tags.hpp"

namespace clary::services::s3 {

namespace {

constexpr std::size_t longest_key = 128, longest_value = 256;

// Lengths are those of UTF-8 characters, not bytes.
std::size_t length_of(std::string_view text) {
  std::size_t length = 0;
  for (unsigned char c : text) length += (c & 0xC0) != 0x80;
  return length;
}

clary::Error invalid_tag(std::string message, const Tag& tag) {
  return aws_error(ErrorKind::validation, "InvalidTag", "{}", message)
      .with("TagKey", tag.Key)
      .with("TagValue", tag.Value);
}

Outcome<void> check_tag(const Tag& tag) {
  if (tag.Key.starts_with("aws:")) return invalid_tag("System tags cannot be added/updated by requester", tag);
  if (tag.Key.empty() || length_of(tag.Key) > longest_key)
    return invalid_tag("The TagKey you have provided is invalid", tag);
  if (length_of(tag.Value) > longest_value) return invalid_tag("The TagValue you have provided is invalid", tag);
  for (const std::string* text : {&tag.Key, &tag.Value}) {
    for (unsigned char c : *text) {
      if (c >= 0x80 || std::isalnum(c) ||
          std::string_view(" _.:/=+-@").find(static_cast<char>(c)) != std::string_view::npos)
        continue;
      return invalid_tag(
          text == &tag.Key ? "The TagKey you have provided is invalid" : "The TagValue you have provided is invalid",
          tag);
    }
  }
  return {};
}

}  // namespace

Outcome<objects::Tags> read_tags(const std::vector<Tag>& tags, TagsOf of) {
  const std::size_t most = of == TagsOf::object ? 10 : 50;
  if (tags.size() > most) {
    return aws_error(ErrorKind::validation, "BadRequest", "{} cannot be greater than {}",
                     of == TagsOf::object ? "Object tags" : "Bucket tag count", most);
  }
  objects::Tags read;
  for (const auto& tag : tags) {
    CHECK_OK(check_tag(tag));
    if (!read.emplace(tag.Key, tag.Value).second)
      return invalid_tag("Cannot provide multiple Tags with the same key", tag);
  }
  return read;
}

Outcome<objects::Tags> read_tagging_header(std::string_view header) {
  std::vector<Tag> tags;
  while (!header.empty()) {
    const auto end = header.find('&');
    const std::string_view pair = header.substr(0, end);
    header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto key = uri_decode(pair.substr(0, equals), true);
    auto value = uri_decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!key || !value || !is_valid_utf8(*key) || !is_valid_utf8(*value)) {
      return invalid_argument(
          "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name "
          "duplicates.",
          "x-amz-tagging", std::string(pair));
    }
    tags.push_back({*std::move(key), *std::move(value)});
  }
  return read_tags(tags, TagsOf::object);
}

std::vector<Tag> write_tags(const objects::Tags& tags) {
  std::vector<Tag> out;
  for (const auto& [key, value] : tags) out.push_back({key, value});
  return out;
}

Outcome<GetBucketTaggingOutput> get_bucket_tagging(Call& call, const GetBucketTaggingInput& in) {
  TRY(auto tags, call.objects.bucket_tags(in.Bucket));
  if (tags.empty()) {
    return aws_error(ErrorKind::not_found, "NoSuchTagSet", "The TagSet does not exist").with("BucketName", in.Bucket);
  }
  return GetBucketTaggingOutput{.TagSet = write_tags(tags)};
}

Outcome<PutBucketTaggingOutput> put_bucket_tagging(Call& call, const PutBucketTaggingInput& in) {
  TRY(auto tags, read_tags(in.Tagging.TagSet, TagsOf::bucket));
  CHECK_OK(call.objects.set_bucket_tags(in.Bucket, tags));
  return PutBucketTaggingOutput{};
}

Outcome<DeleteBucketTaggingOutput> delete_bucket_tagging(Call& call, const DeleteBucketTaggingInput& in) {
  CHECK_OK(call.objects.set_bucket_tags(in.Bucket, {}));
  return DeleteBucketTaggingOutput{};
}

Outcome<GetObjectTaggingOutput> get_object_tagging(Call& call, const GetObjectTaggingInput& in) {
  TRY(auto object, call.objects.stat(in.Bucket, in.Key));
  return GetObjectTaggingOutput{.VersionId = {}, .TagSet = write_tags(object.tags)};
}

Outcome<PutObjectTaggingOutput> put_object_tagging(Call& call, const PutObjectTaggingInput& in) {
  TRY(auto tags, read_tags(in.Tagging.TagSet, TagsOf::object));
  CHECK_OK(call.objects.set_tags(in.Bucket, in.Key, tags));
  return PutObjectTaggingOutput{};
}

Outcome<DeleteObjectTaggingOutput> delete_object_tagging(Call& call, const DeleteObjectTaggingInput& in) {
  CHECK_OK(call.objects.set_tags(in.Bucket, in.Key, {}));
  return DeleteObjectTaggingOutput{};
}

}  // namespace clary::services::s3
