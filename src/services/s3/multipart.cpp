#include <algorithm>
#include <charconv>

#include "base/bytes.hpp"
#include "services/s3/conditions.hpp"
#include "services/s3/copy_source.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/handlers.hpp"
#include "services/s3/put_object.hpp"

namespace clary::services::s3 {

namespace {

constexpr std::int64_t most_listed = 1000, most_parts = 10000;

clary::Error invalid_part_number(std::string value) {
  return invalid_argument("Part number must be an integer between 1 and 10000, inclusive", "partNumber",
                          std::move(value));
}

std::optional<std::string> set(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Owner owner(const Call& call) {
  return {.DisplayName = {}, .ID = canonical_id(call.scope.account)};
}
Initiator initiator(const Call& call) {
  return {.ID = call.identity.principal_arn, .DisplayName = {}};
}

}  // namespace

Outcome<CreateMultipartUploadOutput> create_multipart_upload(Call& call, const CreateMultipartUploadInput& in) {
  TRY(auto description, read_description(call));
  description.checksum_algorithm = in.ChecksumAlgorithm.value_or("");
  description.checksum_type = in.ChecksumType.value_or("");
  TRY(auto upload, call.objects.uploads().start(in.Bucket, description));
  CreateMultipartUploadOutput out;
  out.Bucket = in.Bucket;
  out.Key = in.Key;
  out.UploadId = upload.id;
  out.ChecksumAlgorithm = set(upload.checksum_algorithm);
  out.ChecksumType = set(upload.checksum_type);
  return out;
}

Outcome<http::Response> upload_part(Call& call) {
  objects::Part part;
  const std::string number(call.parameter("partNumber"));
  auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), part.number);
  if (number.empty() || code != std::errc{} || end != number.data() + number.size() || part.number < 1 ||
      part.number > most_parts) {
    return invalid_part_number(number);
  }
  TRY(SentChecksum sent, read_checksum(call.request));
  part.checksum_algorithm = sent.algorithm;
  part.checksum = sent.value;
  PayloadReader payload(call);
  TRY(auto expected, read_expected(call, payload));
  TRY(auto upload, call.objects.uploads().find(call.target.bucket, call.target.key, call.parameter("uploadId")));
  TRY(auto writer, call.objects.uploads().put(upload, std::move(part), std::move(expected)));
  CHECK_OK(pour(payload, sent, *writer));
  TRY(auto done, writer->commit());
  http::Response response;
  response.headers.add("ETag", quoted(done.etag));
  response.headers.add(header_of(done.checksum_algorithm), done.checksum);
  return response;
}

Outcome<UploadPartCopyOutput> upload_part_copy(Call& call, const UploadPartCopyInput& in) {
  if (in.PartNumber < 1 || in.PartNumber > most_parts) return invalid_part_number(std::to_string(in.PartNumber));
  TRY(auto upload, call.objects.uploads().find(in.Bucket, in.Key, in.UploadId));
  TRY(auto source, read_checked_source(call, in.CopySource));
  std::optional<objects::ByteRange> range;
  if (in.CopySourceRange) {
    TRY(Range asked, read_copy_range(*in.CopySourceRange));
    range = objects::ByteRange{asked.first, asked.length};
  }
  TRY(auto part, call.objects.uploads().copy(upload, static_cast<int>(in.PartNumber), source.from, range));
  UploadPartCopyOutput out;
  auto& result = out.CopyPartResult.emplace();
  result.ETag = quoted(part.etag);
  result.LastModified = in_seconds(part.modified);
  set_checksum(result, part.checksum_algorithm, part.checksum);
  return out;
}

Outcome<CompleteMultipartUploadOutput> complete_multipart_upload(Call& call, const CompleteMultipartUploadInput& in) {
  objects::Completion completion;
  if (in.MultipartUpload && in.MultipartUpload->Parts) {
    for (const auto& part : *in.MultipartUpload->Parts) {
      if (!part.PartNumber || !part.ETag) return malformed_xml();
      auto sum = get_checksum(part);
      completion.parts.push_back({static_cast<int>(std::clamp<std::int64_t>(*part.PartNumber, 0, most_parts + 1)),
                                  std::string(unquoted(*part.ETag)), std::move(sum.algorithm), std::move(sum.value)});
    }
  }
  auto whole = get_checksum(in);
  completion.checksum_algorithm = std::move(whole.algorithm);
  completion.checksum = std::move(whole.value);
  completion.checksum_type = in.ChecksumType.value_or("");
  if (in.MpuObjectSize) completion.size = static_cast<std::uint64_t>(std::max<std::int64_t>(*in.MpuObjectSize, 0));
  TRY(auto condition, write_condition(call.request.headers));
  TRY(auto object, call.objects.uploads().complete(in.Bucket, in.Key, in.UploadId, completion, condition));
  CompleteMultipartUploadOutput out;
  out.Location = fmt::format("{}://{}/{}/{}", call.request.tls ? "https" : "http", call.request.host(), in.Bucket,
                             uri_encode(in.Key, true));
  out.Bucket = in.Bucket;
  out.Key = in.Key;
  out.ETag = quoted(object.etag);
  set_checksum(out, object.checksum_algorithm, object.checksum);
  out.ChecksumType = set(object.checksum_type);
  return out;
}

Outcome<AbortMultipartUploadOutput> abort_multipart_upload(Call& call, const AbortMultipartUploadInput& in) {
  CHECK_OK(call.objects.uploads().abort(in.Bucket, in.Key, in.UploadId));
  return AbortMultipartUploadOutput{};
}

Outcome<ListPartsOutput> list_parts(Call& call, const ListPartsInput& in) {
  const std::int64_t limit = in.MaxParts.value_or(most_listed), after = in.PartNumberMarker.value_or(0);
  if (limit < 0 || limit > 2147483647) {
    return invalid_argument("Argument max-parts must be an integer between 0 and 2147483647", "max-parts",
                            std::to_string(limit));
  }
  if (after < 0 || after > 2147483647) {
    return invalid_argument("Argument part-number-marker must be an integer between 0 and 2147483647",
                            "part-number-marker", std::to_string(after));
  }
  TRY(auto upload, call.objects.uploads().find(in.Bucket, in.Key, in.UploadId));
  TRY(auto page, call.objects.uploads().parts(upload, static_cast<int>(after), std::min(limit, most_listed)));
  ListPartsOutput out;
  out.Bucket = in.Bucket;
  out.Key = in.Key;
  out.UploadId = in.UploadId;
  out.PartNumberMarker = after;
  out.NextPartNumberMarker = page.parts.empty() ? 0 : page.parts.back().number;
  out.MaxParts = std::min(limit, most_listed);
  out.IsTruncated = page.truncated;
  out.Initiator = initiator(call);
  out.Owner = owner(call);
  out.StorageClass = "STANDARD";
  out.ChecksumAlgorithm = set(page.upload.checksum_algorithm);
  out.ChecksumType = set(page.upload.checksum_type);
  if (page.parts.empty()) return out;
  out.Parts.emplace();
  for (const auto& part : page.parts) {
    auto& shown = out.Parts->emplace_back();
    shown.PartNumber = part.number;
    shown.LastModified = in_seconds(part.modified);
    shown.ETag = quoted(part.etag);
    shown.Size = static_cast<std::int64_t>(part.size);
    set_checksum(shown, part.checksum_algorithm, part.checksum);
  }
  return out;
}

Outcome<ListMultipartUploadsOutput> list_multipart_uploads(Call& call, const ListMultipartUploadsInput& in) {
  const bool url = in.EncodingType.has_value();
  if (url && *in.EncodingType != "url")
    return invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", *in.EncodingType);
  auto encode = [url](std::string_view text) { return url ? uri_encode(text, true) : std::string(text); };
  const std::int64_t asked = in.MaxUploads.value_or(most_listed);
  if (asked < 0 || asked > 2147483647) {
    return invalid_argument("Argument max-uploads must be an integer between 0 and 2147483647", "max-uploads",
                            std::to_string(asked));
  }
  const std::string prefix = in.Prefix.value_or(""), delimiter = in.Delimiter.value_or(""),
                    marker = in.KeyMarker.value_or("");
  // Without a key marker the upload id marker means nothing, as on S3.
  const std::string upload_marker = marker.empty() ? "" : in.UploadIdMarker.value_or("");
  const std::int64_t limit = std::min(asked, most_listed);
  TRY(auto page, call.objects.uploads().list(in.Bucket, prefix, delimiter, marker, upload_marker, limit));
  ListMultipartUploadsOutput out;
  out.Bucket = in.Bucket;
  out.KeyMarker = encode(marker);
  out.UploadIdMarker = upload_marker;
  out.Prefix = encode(prefix);
  if (!delimiter.empty()) out.Delimiter = encode(delimiter);
  out.MaxUploads = limit;
  out.IsTruncated = page.truncated;
  out.EncodingType = in.EncodingType;
  out.NextKeyMarker = encode(page.next_key);
  out.NextUploadIdMarker = page.next_upload;
  if (!page.prefixes.empty()) out.CommonPrefixes.emplace();
  for (const auto& group : page.prefixes) out.CommonPrefixes->push_back({.Prefix = encode(group)});
  if (page.uploads.empty()) return out;
  out.Uploads.emplace();
  for (const auto& upload : page.uploads) {
    auto& shown = out.Uploads->emplace_back();
    shown.UploadId = upload.id;
    shown.Key = encode(upload.key);
    shown.Initiated = in_seconds(upload.created);
    shown.StorageClass = "STANDARD";
    shown.Owner = owner(call);
    shown.Initiator = initiator(call);
    shown.ChecksumAlgorithm = set(upload.checksum_algorithm);
    shown.ChecksumType = set(upload.checksum_type);
  }
  return out;
}

}  // namespace clary::services::s3
