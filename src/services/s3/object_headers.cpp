#include "services/s3/object_headers.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "services/s3/errors.hpp"

namespace clary::services::s3 {

namespace {

constexpr std::size_t most_metadata = 2048;
constexpr std::string_view metadata_prefix = "x-amz-meta-";
constexpr std::array<std::string_view, 6> content_headers{"content-type",     "cache-control",    "content-disposition",
                                                          "content-encoding", "content-language", "expires"};
constexpr std::array<std::string_view, 12> storage_classes{
    "STANDARD",     "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
    "DEEP_ARCHIVE", "OUTPOSTS",           "GLACIER_IR",  "SNOW",       "EXPRESS_ONEZONE",     "FSX_OPENZFS"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// "aws-chunked" says how the body travels, not what it is.
std::string without_framing(std::string_view encodings) {
  std::string out;
  while (!encodings.empty()) {
    const auto comma = encodings.find(',');
    std::string_view one = encodings.substr(0, comma);
    encodings.remove_prefix(comma == std::string_view::npos ? encodings.size() : comma + 1);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.empty() || http::equal_ignoring_case(one, "aws-chunked")) continue;
    if (!out.empty()) out += ",";
    out += one;
  }
  return out;
}

bool is_kept(std::string_view name) {
  return name.starts_with(metadata_prefix) || name == "x-amz-storage-class" ||
         name == "x-amz-website-redirect-location" || std::ranges::find(content_headers, name) != content_headers.end();
}

}  // namespace

bool is_plain_value(std::string_view value) {
  return std::ranges::none_of(value, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
}

Outcome<HeaderMap> read_object_headers(const http::Headers& headers) {
  HeaderMap read;
  std::size_t metadata = 0;
  for (const auto& [name, value] : headers) {
    const std::string known = lower(name);
    if (is_kept(known) && (!is_plain_value(value) || !is_plain_value(known))) {
      return invalid_argument("Header values must not hold control characters.", known, "");
    }
    if (known.starts_with(metadata_prefix) && known.size() > metadata_prefix.size()) {
      metadata += known.size() - metadata_prefix.size() + value.size();
      auto [at, fresh] = read.emplace(known, value);
      if (!fresh) at->second += "," + value;
    } else if (std::ranges::find(content_headers, std::string_view(known)) != content_headers.end()) {
      std::string kept = known == "content-encoding" ? without_framing(value) : value;
      if (!kept.empty()) read.insert_or_assign(known, std::move(kept));
    } else if (known == "x-amz-storage-class") {
      if (std::ranges::find(storage_classes, std::string_view(value)) == storage_classes.end()) {
        return aws_error(ErrorKind::validation, "InvalidStorageClass", "The storage class you specified is not valid")
            .with("StorageClassRequested", value);
      }
      if (value != "STANDARD") read.insert_or_assign(known, value);
    } else if (known == "x-amz-website-redirect-location") {
      read.insert_or_assign(known, value);
    }
  }
  if (metadata > most_metadata) {
    return aws_error(ErrorKind::validation, "MetadataTooLarge",
                     "Your metadata headers exceed the maximum allowed metadata size")
        .with("Size", std::to_string(metadata))
        .with("MaxSizeAllowed", std::to_string(most_metadata));
  }
  return read;
}

Outcome<void> write_object_headers(const Call& call, const objects::Object& object, http::Headers& headers) {
  HeaderMap shown = object.headers;
  shown.try_emplace("content-type", "binary/octet-stream");
  for (std::string_view name : content_headers) {
    const std::string parameter = "response-" + std::string(name);
    const std::string_view value = call.parameter(parameter);
    if (value.empty()) continue;
    if (!is_plain_value(value))
      return invalid_argument("Header values must not hold control characters.", parameter, "");
    shown.insert_or_assign(std::string(name), std::string(value));
  }
  headers.add("ETag", quoted(object.etag));
  headers.add("Last-Modified", to_http_date(object.modified));
  headers.add("Accept-Ranges", "bytes");
  for (auto& [name, value] : shown) {
    if (is_plain_value(value)) headers.add(name, std::move(value));
  }
  if (!object.tags.empty()) headers.add("x-amz-tagging-count", std::to_string(object.tags.size()));
  return {};
}

Outcome<void> check_unserved_headers(const http::Headers& headers) {
  for (std::string_view name :
       {"x-amz-server-side-encryption-customer-algorithm",
        "x-amz-copy-source-server-side-encryption-customer-algorithm", "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold", "x-amz-write-offset-bytes"}) {
    if (headers.has(name)) return header_not_implemented(std::string(name));
  }
  if (headers.get("x-amz-bucket-object-lock-enabled") == "true")
    return header_not_implemented("x-amz-bucket-object-lock-enabled");
  // As a bucket of today, whose objects all belong to its owner: only the lists that say just that are taken.
  const std::string_view acl = headers.get("x-amz-acl", "private");
  const bool grants = headers.has("x-amz-grant-full-control") || headers.has("x-amz-grant-read") ||
                      headers.has("x-amz-grant-read-acp") || headers.has("x-amz-grant-write") ||
                      headers.has("x-amz-grant-write-acp");
  if (grants || (acl != "private" && acl != "bucket-owner-full-control" && acl != "bucket-owner-read")) {
    return aws_error(ErrorKind::validation, "AccessControlListNotSupported", "The bucket does not allow ACLs");
  }
  return {};
}

}  // namespace clary::services::s3
