#include <algorithm>
#include <charconv>
#include <functional>
#include <set>

#include "services/s3/checksums.hpp"
#include "services/s3/conditions.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/handlers.hpp"
#include "services/s3/object_headers.hpp"

namespace clary::services::s3 {

namespace {

// Which bytes of an object are asked for.
struct Slice {
  Range range;
  bool partial = false;                       // 206
  const objects::ObjectPart* part = nullptr;  // by its number
  std::optional<std::int64_t> parts_count;
};

clary::Error no_such_part(std::string_view asked, std::size_t there) {
  return aws_error(ErrorKind::validation, "InvalidPartNumber", "The requested partnumber is not satisfiable")
      .with("PartNumberRequested", std::string(asked))
      .with("ActualPartCount", std::to_string(there));
}

Outcome<Slice> slice_by_part(std::string_view asked, const objects::Object& object) {
  int number = 0;
  auto [end, code] = std::from_chars(asked.data(), asked.data() + asked.size(), number);
  if (asked.empty() || code != std::errc{} || end != asked.data() + asked.size() || number < 1 || number > 10000) {
    return invalid_argument("Part number must be an integer between 1 and 10000, inclusive", "partNumber",
                            std::string(asked));
  }
  if (object.parts.empty()) {
    if (number > 1) return no_such_part(asked, 1);
    return Slice{{0, object.size}, object.size > 0, nullptr, {}};
  }
  // Parts are counted by their place: the numbers that they were uploaded under may have gaps.
  if (static_cast<std::size_t>(number) > object.parts.size()) return no_such_part(asked, object.parts.size());
  Slice slice{{0, 0},
              true,
              &object.parts[static_cast<std::size_t>(number) - 1],
              static_cast<std::int64_t>(object.parts.size())};
  for (int before = 0; before + 1 < number; ++before)
    slice.range.first += object.parts[static_cast<std::size_t>(before)].size;
  slice.range.length = slice.part->size;
  slice.partial = object.size > 0;
  return slice;
}

Outcome<Slice> slice_of(const Call& call, const objects::Object& object) {
  const std::string_view range = call.header("range");
  if (call.query.contains("partNumber")) {
    if (!range.empty()) return invalid_request("Cannot specify both Range header and partNumber query parameter");
    return slice_by_part(call.parameter("partNumber"), object);
  }
  Slice slice{{0, object.size}, false, nullptr, {}};
  // If-Range: the part only while it is still the same object.
  const std::string_view same = call.header("if-range");
  if (range.empty() || (!same.empty() && unquoted(same) != object.etag && same != to_http_date(object.modified)))
    return slice;
  TRY(auto wanted, read_range(range, object.size));
  if (wanted) slice = {*wanted, true, nullptr, {}};
  return slice;
}

void add_checksum(const Call& call, const objects::Object& object, const Slice& slice, http::Headers& headers) {
  if (!http::equal_ignoring_case(call.header("x-amz-checksum-mode"), "enabled") || object.checksum.empty()) return;
  // A sum of the whole says nothing of a range of it.
  if (slice.part != nullptr && !slice.part->checksum.empty()) {
    headers.add(header_of(object.checksum_algorithm), slice.part->checksum);
  } else if (slice.range.length == object.size) {
    headers.add(header_of(object.checksum_algorithm), object.checksum);
    headers.add("x-amz-checksum-type", object.checksum_type);
  }
}

// The answer's head, the same for GET and HEAD; `slice` is what a body would hold.
Outcome<http::Response> answer_head(Call& call, const objects::Object& object, Slice& slice) {
  http::Response response;
  TRY(Verdict verdict, check_conditions(call.request.headers, object, ""));
  if (verdict == Verdict::not_modified) {
    response.status = 304;
    response.headers.add("ETag", quoted(object.etag));
    response.headers.add("Last-Modified", to_http_date(object.modified));
    return response;
  }
  TRY(slice, slice_of(call, object));
  if (slice.partial) {
    response.status = 206;
    response.headers.add("Content-Range", fmt::format("bytes {}-{}/{}", slice.range.first,
                                                      slice.range.first + slice.range.length - 1, object.size));
  }
  CHECK_OK(write_object_headers(call, object, response.headers));
  if (slice.parts_count) response.headers.add("x-amz-mp-parts-count", std::to_string(*slice.parts_count));
  add_checksum(call, object, slice, response.headers);
  return response;
}

}  // namespace

Outcome<http::Response> get_object(Call& call) {
  TRY(auto reader, call.objects.open(call.target.bucket, call.target.key));
  Slice slice;
  TRY(http::Response response, answer_head(call, reader->object(), slice));
  if (response.status == 304) return response;
  // A browser that opens an object by a link gives it an origin of its own: the console's keys are not for an object's scripts.
  if (!call.request.headers.has("authorization"))
    response.headers.set("Content-Security-Policy", "sandbox allow-scripts allow-forms allow-popups allow-downloads");
  if (auto file = reader->file()) {
    response.body = http::FileRange{std::move(file), slice.range.first, slice.range.length};
  } else {
    response.body = std::string(reader->memory().substr(slice.range.first, slice.range.length));
  }
  return response;
}

Outcome<http::Response> head_object(Call& call) {
  TRY(auto object, call.objects.stat(call.target.bucket, call.target.key));
  Slice slice;
  TRY(http::Response response, answer_head(call, object, slice));
  if (response.status != 304) response.announced_length = slice.range.length;
  return response;
}

namespace {

GetObjectAttributesParts describe_parts(const objects::Object& object, const GetObjectAttributesInput& in) {
  constexpr std::int64_t most = 1000;
  GetObjectAttributesParts parts;
  parts.TotalPartsCount = static_cast<std::int64_t>(object.parts.size());
  // S3 lists the parts one by one only where each has a checksum of its own.
  if (object.checksum_type != "COMPOSITE") return parts;
  const std::int64_t limit = std::clamp<std::int64_t>(in.MaxParts.value_or(most), 0, most),
                     after = in.PartNumberMarker.value_or(0);
  parts.MaxParts = limit;
  parts.PartNumberMarker = after;
  parts.IsTruncated = false;
  parts.Parts.emplace();
  for (const auto& part : object.parts) {
    if (part.number <= after) continue;
    parts.IsTruncated = static_cast<std::int64_t>(parts.Parts->size()) >= limit;
    if (*parts.IsTruncated) break;
    auto& shown = parts.Parts->emplace_back();
    shown.PartNumber = part.number;
    shown.Size = static_cast<std::int64_t>(part.size);
    set_checksum(shown, object.checksum_algorithm, part.checksum);
    parts.NextPartNumberMarker = part.number;
  }
  return parts;
}

}  // namespace

Outcome<GetObjectAttributesOutput> get_object_attributes(Call& call, const GetObjectAttributesInput& in) {
  TRY(auto object, call.objects.stat(call.target.bucket, call.target.key));
  const std::set<std::string, std::less<>> asked(in.ObjectAttributes.begin(), in.ObjectAttributes.end());
  for (const auto& name : asked) {
    if (name == "ETag" || name == "Checksum" || name == "ObjectParts" || name == "StorageClass" || name == "ObjectSize")
      continue;
    return invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes",
                            std::string(call.header("x-amz-object-attributes")));
  }
  GetObjectAttributesOutput out;
  out.LastModified = in_seconds(object.modified);
  if (asked.contains("ETag")) out.ETag = object.etag;
  if (asked.contains("ObjectSize")) out.ObjectSize = static_cast<std::int64_t>(object.size);
  if (asked.contains("StorageClass")) {
    auto at = object.headers.find("x-amz-storage-class");
    out.StorageClass = at == object.headers.end() ? "STANDARD" : at->second;
  }
  if (asked.contains("Checksum") && !object.checksum.empty()) {
    // The number of parts behind the dash belongs to the header's form alone.
    set_checksum(out.Checksum.emplace(), object.checksum_algorithm,
                 object.checksum.substr(0, object.checksum.find('-')));
    out.Checksum->ChecksumType = object.checksum_type;
  }
  if (asked.contains("ObjectParts") && !object.parts.empty()) out.ObjectParts = describe_parts(object, in);
  return out;
}

}  // namespace clary::services::s3
