#include "objects/completion.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "base/bytes.hpp"
#include "objects/checksum.hpp"
#include "objects/errors.hpp"
#include "objects/intake.hpp"

namespace clary::objects {

using upload_index::PartRow;
using upload_index::UploadRow;

namespace {

Error invalid_part(const UploadRow& upload, const NamedPart& part) {
  return aws_error(ErrorKind::validation, "InvalidPart",
                   "One or more of the specified parts could not be found.  The part may not have been uploaded, or "
                   "the specified entity "
                   "tag may not match the part's entity tag.")
      .with("UploadId", upload.upload.id)
      .with("PartNumber", std::to_string(part.number))
      .with("ETag", part.etag);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

Outcome<void> check_mode(const UploadRow& upload, const Completion& completion) {
  const Upload& made = upload.upload;
  if (!completion.checksum_type.empty() && !made.checksum_type.empty() &&
      completion.checksum_type != made.checksum_type) {
    return invalid_request(fmt::format(
        "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
        made.checksum_type));
  }
  if (!completion.checksum_algorithm.empty() && !made.checksum_algorithm.empty() &&
      completion.checksum_algorithm != made.checksum_algorithm) {
    return invalid_request(
        fmt::format("The upload was created using the {} checksum algorithm. The complete request must use the same "
                    "checksum algorithm.",
                    lower(made.checksum_algorithm)));
  }
  if (made.checksum_type != "COMPOSITE") return {};
  for (const auto& part : completion.parts) {
    if (!part.checksum.empty()) continue;
    return invalid_request(
        fmt::format("The upload was created using a {} checksum. The complete request must include the checksum for "
                    "each part. It was missing for part {} in the request.",
                    lower(made.checksum_algorithm), part.number));
  }
  return {};
}

Outcome<void> check_sizes(const UploadRow& upload, const std::vector<PartRow>& chosen, const Completion& completion,
                          std::uint64_t minimum_part) {
  std::uint64_t total = 0;
  for (const auto& row : chosen) {
    total += row.part.size;
    if (&row == &chosen.back() || row.part.size >= minimum_part) continue;
    return aws_error(ErrorKind::validation, "EntityTooSmall",
                     "Your proposed upload is smaller than the minimum allowed size")
        .with("ProposedSize", std::to_string(row.part.size))
        .with("MinSizeAllowed", std::to_string(minimum_part))
        .with("PartNumber", std::to_string(row.part.number))
        .with("ETag", row.part.etag);
  }
  if (completion.size && *completion.size != total) {
    return invalid_request(
               fmt::format("The provided 'x-amz-mp-object-size' header value {} does not match what was computed: {}",
                           *completion.size, total))
        .with("UploadId", upload.upload.id);
  }
  return {};
}

// The one algorithm that all parts were summed with, if there is one.
std::optional<Algorithm> algorithm_of_all(const std::vector<PartRow>& chosen) {
  for (const auto& row : chosen) {
    if (row.part.checksum_algorithm != chosen.front().part.checksum_algorithm) return std::nullopt;
  }
  return algorithm_named(chosen.front().part.checksum_algorithm);
}

Outcome<void> copy_bytes(const io::File& from, std::uint64_t from_offset, const io::File& to, std::uint64_t to_offset,
                         std::uint64_t length) {
  auto in = static_cast<off_t>(from_offset);
  auto out = static_cast<off_t>(to_offset);
  while (length > 0) {
    ssize_t copied = ::copy_file_range(from.fd(), &in, to.fd(), &out, length, 0);
    if (copied < 0 && errno == EINTR) continue;
    if (copied < 0) return io::system_error("copy_file_range", "blob", errno);
    if (copied == 0) return internal("a part's blob is shorter than the part");
    length -= static_cast<std::uint64_t>(copied);
  }
  return {};
}

bool may_fill_shared(const UploadRow& upload, const std::vector<PartRow>& chosen, const std::vector<PartRow>& there) {
  std::uint64_t offset = 0;
  std::size_t shared = 0;
  for (const auto& row : chosen) {
    if (row.blob == upload.blob) {
      if (row.place != offset) return false;
      ++shared;
    }
    offset += row.part.size;
  }
  if (shared == chosen.size()) return true;
  // Filling gaps could overwrite a part that was left out, which must stay should the commit fail.
  auto all = std::ranges::count_if(there, [&](const PartRow& row) { return row.blob == upload.blob; });
  return shared > 0 && static_cast<std::size_t>(all) == shared;
}

}  // namespace

Outcome<std::vector<PartRow>> choose_parts(const UploadRow& upload, const std::vector<PartRow>& there,
                                           const Completion& completion, std::uint64_t minimum_part) {
  if (completion.parts.empty()) {
    return aws_error(ErrorKind::validation, "MalformedXML",
                     "The XML you provided was not well-formed or did not validate against our published schema");
  }
  CHECK_OK(check_mode(upload, completion));
  std::vector<PartRow> chosen;
  for (const auto& named : completion.parts) {
    if (!chosen.empty() && named.number <= chosen.back().part.number) {
      return aws_error(ErrorKind::validation, "InvalidPartOrder",
                       "The list of parts was not in ascending order. The parts list must be specified in order by "
                       "part number.")
          .with("UploadId", upload.upload.id);
    }
    auto row = std::ranges::lower_bound(there, named.number, {}, [](const PartRow& part) { return part.part.number; });
    if (row == there.end() || row->part.number != named.number || row->part.etag != named.etag)
      return invalid_part(upload, named);
    const bool other_sum = !named.checksum.empty() && named.checksum_algorithm == row->part.checksum_algorithm &&
                           named.checksum != row->part.checksum;
    if (other_sum) return invalid_part(upload, named);
    chosen.push_back(*row);
  }
  CHECK_OK(check_sizes(upload, chosen, completion, minimum_part));
  return chosen;
}

Outcome<Object> describe(const UploadRow& upload, const std::vector<PartRow>& chosen, const Completion& completion) {
  Object object;
  object.key = upload.upload.key;
  object.headers = upload.upload.headers;
  object.tags = upload.upload.tags;
  std::string digests;
  std::vector<PartSum> sums;
  for (const auto& row : chosen) {
    object.size += row.part.size;
    object.parts.push_back({row.part.number, row.part.size, row.part.checksum});
    digests += from_hex(row.part.etag).value_or("");
    sums.push_back({from_base64(row.part.checksum).value_or(""), row.part.size});
  }
  object.etag = to_hex(md5(digests)) + "-" + std::to_string(chosen.size());
  auto algorithm = algorithm_of_all(chosen);
  const bool composite = upload.upload.checksum_type == "COMPOSITE";
  if (!algorithm || (!composite && !is_crc(*algorithm))) return object;
  object.checksum_algorithm = name_of(*algorithm);
  object.checksum_type = composite ? "COMPOSITE" : "FULL_OBJECT";
  object.checksum = composite ? combine_composite(*algorithm, sums) : combine_full(*algorithm, sums);
  const bool compared = !completion.checksum.empty() && completion.checksum_algorithm == object.checksum_algorithm;
  // For COMPOSITE clients send it with and without the number of parts.
  const bool same = completion.checksum == object.checksum ||
                    (composite && completion.checksum + "-" + std::to_string(chosen.size()) == object.checksum);
  if (compared && !same) return bad_checksum(object.checksum_algorithm);
  return object;
}

Outcome<Assembled> assemble(Blobs& blobs, const UploadRow& upload, const std::vector<PartRow>& chosen,
                            const std::vector<PartRow>& there) {
  if (chosen.size() == 1 && chosen.front().blob != upload.blob) return Assembled{chosen.front().blob, false};
  const bool fill = may_fill_shared(upload, chosen, there);
  const bool complete =
      fill && std::ranges::all_of(chosen, [&](const PartRow& row) { return row.blob == upload.blob; });
  if (complete) return Assembled{upload.blob, false};
  Assembled result{fill ? upload.blob : blobs.new_id(), !fill};
  TRY(io::File file, blobs.create(result.blob));
  std::uint64_t offset = 0;
  auto filled = [&]() -> Outcome<void> {
    for (const auto& row : chosen) {
      if (row.blob != result.blob) {
        TRY(auto part, blobs.open_blob(row.blob));
        CHECK_OK(copy_bytes(*part, row.place, file, offset, row.part.size));
      }
      offset += row.part.size;
    }
    return blobs.seal(result.blob, file);
  }();
  if (filled) return result;
  if (result.made) blobs.remove(result.blob);
  return std::move(filled).error();
}

}  // namespace clary::objects
