#include "services/s3/conditions.hpp"

#include <algorithm>
#include <charconv>

#include "services/s3/errors.hpp"

namespace clary::services::s3 {

namespace {

Error failed(std::string condition) {
  return aws_error(ErrorKind::validation, "PreconditionFailed",
                   "At least one of the pre-conditions you specified did not hold")
      .with("Condition", std::move(condition));
}

// Whether one of a list of entity tags is this one.
bool matches(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view one = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == "*" || unquoted(one) == etag) return true;
  }
  return false;
}

// Dates that cannot be read, and dates to come, are no condition.
std::optional<Time> date(const http::Headers& headers, const std::string& name) {
  auto value = headers.find(name);
  if (!value) return std::nullopt;
  auto time = parse_http_date(*value);
  if (!time) time = parse_iso8601(*value);
  if (!time) return std::nullopt;
  return in_seconds(*time);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Error invalid_range(std::string_view header, std::uint64_t size) {
  return aws_error(ErrorKind::validation, "InvalidRange", "The requested range is not satisfiable")
      .with("RangeRequested", std::string(header))
      .with("ActualObjectSize", std::to_string(size));
}

}  // namespace

Outcome<Verdict> check_conditions(const http::Headers& headers, const objects::Object& object,
                                  std::string_view prefix) {
  const std::string start(prefix);
  const bool copy = !prefix.empty();
  auto named = [&](const char* get, const char* copy_name) { return copy ? start + copy_name : std::string(get); };
  const Time modified = in_seconds(object.modified);
  if (auto wanted = headers.find(start + "if-match")) {
    if (!matches(*wanted, object.etag)) return failed(named("If-Match", "If-Match"));
  } else if (auto since = date(headers, start + "if-unmodified-since"); since && modified > *since) {
    return failed(named("If-Unmodified-Since", "If-Unmodified-Since"));
  }
  if (auto unwanted = headers.find(start + "if-none-match")) {
    if (!matches(*unwanted, object.etag)) return Verdict::go_on;
    if (copy) return failed(start + "If-None-Match");
    return Verdict::not_modified;
  }
  if (auto since = date(headers, start + "if-modified-since"); since && modified <= *since) {
    if (copy) return failed(start + "If-Modified-Since");
    return Verdict::not_modified;
  }
  return Verdict::go_on;
}

Outcome<objects::Condition> write_condition(const http::Headers& headers) {
  objects::Condition condition;
  auto unwanted = headers.find("if-none-match");
  auto wanted = headers.find("if-match");
  if (unwanted && wanted) return header_not_implemented("If-Match,If-None-Match");
  if (unwanted) {
    if (*unwanted != "*") return header_not_implemented("If-None-Match");
    condition.if_none_match = true;
  }
  if (wanted) {
    condition.if_match = unquoted(*wanted);
    if (condition.if_match == "*") return header_not_implemented("If-Match");
  }
  return condition;
}

Outcome<std::optional<Range>> read_range(std::string_view header, std::uint64_t size) {
  std::optional<Range> none;
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit) || header.find(',') != std::string_view::npos) return none;
  const std::string_view spec = header.substr(unit.size());
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return none;
  const auto first = number(spec.substr(0, dash)), last = number(spec.substr(dash + 1));
  if (dash == 0) {  // the last so many bytes
    if (!last) return none;
    if (*last == 0 || size == 0) return invalid_range(header, size);
    const std::uint64_t length = std::min(*last, size);
    return std::optional<Range>(Range{size - length, length});
  }
  if (!first || (!last && dash + 1 != spec.size()) || (last && *last < *first)) return none;
  if (*first >= size) return invalid_range(header, size);
  const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return std::optional<Range>(Range{*first, end - *first + 1});
}

Outcome<Range> read_copy_range(std::string_view header) {
  constexpr std::string_view unit = "bytes=";
  auto invalid = [&] {
    return invalid_argument(
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
        "zero-based "
        "offsets of the first and last bytes to copy",
        "x-amz-copy-source-range", std::string(header));
  };
  if (!header.starts_with(unit)) return invalid();
  const std::string_view spec = header.substr(unit.size());
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return invalid();
  const auto first = number(spec.substr(0, dash)), last = number(spec.substr(dash + 1));
  if (!first || !last || *last < *first || *last == UINT64_MAX) return invalid();
  return Range{*first, *last - *first + 1};
}

}  // namespace clary::services::s3
