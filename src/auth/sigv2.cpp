#include "auth/sigv2.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "auth/canonical.hpp"
#include "auth/errors.hpp"
#include "base/bytes.hpp"

namespace clary::auth {

namespace {

// The parameters that are part of the resource: S3's list as the AWS SDKs sign it.
constexpr std::array<std::string_view, 35> signed_parameters{"accelerate",
                                                             "acl",
                                                             "analytics",
                                                             "cors",
                                                             "defaultObjectAcl",
                                                             "delete",
                                                             "inventory",
                                                             "lifecycle",
                                                             "location",
                                                             "logging",
                                                             "metrics",
                                                             "notification",
                                                             "object-lock",
                                                             "partNumber",
                                                             "policy",
                                                             "replication",
                                                             "requestPayment",
                                                             "response-cache-control",
                                                             "response-content-disposition",
                                                             "response-content-encoding",
                                                             "response-content-language",
                                                             "response-content-type",
                                                             "response-expires",
                                                             "restore",
                                                             "select",
                                                             "select-type",
                                                             "storageClass",
                                                             "tagging",
                                                             "torrent",
                                                             "uploadId",
                                                             "uploads",
                                                             "versionId",
                                                             "versioning",
                                                             "versions",
                                                             "website"};

// These choose an operation too, but came after SigV2: anyone could add one to a URL without breaking its signature.
constexpr std::array<std::string_view, 11> unsigned_operations{
    "attributes",        "encryption",   "intelligent-tiering", "legal-hold", "ownershipControls", "policyStatus",
    "publicAccessBlock", "renameObject", "retention",           "session",    "metadataTable"};

template <std::size_t size>
bool among(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct Parts {
  std::string content_md5, content_type;
  std::map<std::string, std::string> amz_headers;                   // by name
  std::multimap<std::string, std::optional<std::string>> resource;  // nothing: the parameter had no '='
};

// Clients put the headers that they signed into the query, where a browser can send them: a real header wins over its
// stand-in.
Outcome<Parts> collect(const SignedMessage& message) {
  Parts parts;
  for (const auto& [field, value] : message.headers) {
    std::string name = to_lower(field);
    if (!name.starts_with("x-amz-")) continue;
    std::string& joined = parts.amz_headers[name];
    if (!joined.empty()) joined += ',';
    joined += trimmed(value);
  }
  std::optional<std::string> query_md5, query_type, forbidden;
  std::map<std::string, std::string> query_headers;
  for_each_parameter(message.query, [&](std::string_view raw_name, std::string_view raw_value) {
    const bool bare = raw_name.data() + raw_name.size() == raw_value.data();  // no '=' between them
    // Decoded, as the operation will read it: an escaped letter must not take a parameter out of the signature.
    const std::string name = uri_decode(raw_name, true).value_or(std::string(raw_name)), lowered = to_lower(name);
    const std::string value = uri_decode(raw_value, true).value_or(std::string(raw_value));
    if (lowered.starts_with("x-amz-")) {
      auto [at, fresh] = query_headers.emplace(lowered, value);
      if (!fresh) at->second.append(1, ',').append(value);
    }
    if (lowered == "content-md5") query_md5 = value;
    if (lowered == "content-type") query_type = value;
    if (among(signed_parameters, name))
      parts.resource.emplace(
          name, bare ? std::nullopt : std::optional(uri_decode(raw_value).value_or(std::string(raw_value))));
    if (among(unsigned_operations, name)) forbidden = name;
  });
  if (forbidden)
    return aws_error(ErrorKind::validation, "InvalidRequest",
                     "Signature version 2 does not cover the parameter '{}'. Please use AWS4-HMAC-SHA256.", *forbidden);
  parts.amz_headers.merge(query_headers);
  parts.content_md5 = trimmed(header(message, "content-md5").value_or(query_md5.value_or("")));
  parts.content_type = trimmed(header(message, "content-type").value_or(query_type.value_or("")));
  return parts;
}

}  // namespace

std::vector<std::string> signed_paths_v2(const SignedMessage& message) {
  std::string path = message.virtual_bucket.empty() ? std::string() : fmt::format("/{}", message.virtual_bucket);
  path += message.path.empty() ? "/" : message.path;
  const bool bucket_alone = path.size() > 1 && path.find('/', 1) == std::string::npos;
  if (bucket_alone) return {path, path + "/"};
  return {path};
}

Outcome<std::string> string_to_sign_v2(const SignedMessage& message, const Claim& claim, std::string_view path) {
  TRY(Parts parts, collect(message));
  std::string text =
      fmt::format("{}\n{}\n{}\n{}\n", message.method, parts.content_md5, parts.content_type, claim.expires);
  for (const auto& [name, value] : parts.amz_headers) text.append(name).append(1, ':').append(value).append(1, '\n');
  text += path;
  for (char separator = '?'; const auto& [name, value] : parts.resource) {
    text.append(1, separator).append(name);
    if (value) text.append(1, '=').append(*value);
    separator = '&';
  }
  return text;
}

}  // namespace clary::auth
