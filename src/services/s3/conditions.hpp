// Conditional requests (RFC 9110, as S3 reads it) and byte ranges. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "objects/objects.hpp"
#include "services/s3/call.hpp"

namespace clary::services::s3 {

enum class Verdict { go_on, not_modified };
// If-Match and its kin of a GET or HEAD; `prefix` is "" or "x-amz-copy-source-". PreconditionFailed names the
// condition.
Outcome<Verdict> check_conditions(const http::Headers& headers, const objects::Object& object, std::string_view prefix);

// The condition of a write, from If-Match and If-None-Match. NotImplemented for what S3 does not take.
Outcome<objects::Condition> write_condition(const http::Headers& headers);

struct Range {
  std::uint64_t first = 0, length = 0;
};
// What a Range header asks of an object of that size; nothing when it asks for all, or is none that S3 reads.
// InvalidRange.
Outcome<std::optional<Range>> read_range(std::string_view header, std::uint64_t size);
// x-amz-copy-source-range: both ends must be there. InvalidArgument.
Outcome<Range> read_copy_range(std::string_view header);

}  // namespace clary::services::s3
