#include "wire/text.hpp"

#include <charconv>
#include <cmath>

namespace clary::wire {

namespace {

std::string time_to_text(Time time, TimeFormat format) {
  switch (format) {
    case TimeFormat::http_date: return to_http_date(time);
    case TimeFormat::epoch_seconds: return fmt::format("{}", time.micros / 1'000'000);
    default: return to_iso8601(time);
  }
}

template <typename T>
bool parse_number(std::string_view text, T& value) {
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc{} && end == text.data() + text.size();
}

Outcome<Time> parse_time(std::string_view text) {
  double seconds = 0;
  if (parse_number(text, seconds) && std::abs(seconds) < 2.6e11) return Time::from_seconds(seconds);
  if (auto time = parse_iso8601(text)) return time;
  return parse_http_date(text);
}

}  // namespace

std::string scalar_to_text(const Shape& shape, const void* value, TimeFormat format, TimeFormat otherwise) {
  switch (shape.kind) {
    case Kind::string: return *static_cast<const std::string*>(value);
    case Kind::integer: return fmt::format("{}", *static_cast<const std::int64_t*>(value));
    case Kind::real: return fmt::format("{}", *static_cast<const double*>(value));
    case Kind::boolean: return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::blob: return to_base64(static_cast<const Bytes*>(value)->data);
    case Kind::timestamp:
      if (format == TimeFormat::automatic) format = shape.time_format == TimeFormat::automatic ? otherwise : shape.time_format;
      return time_to_text(*static_cast<const Time*>(value), format);
    default: return {};
  }
}

Outcome<void> scalar_from_text(const Shape& shape, void* value, std::string_view text, std::string_view member) {
  bool good = true;
  switch (shape.kind) {
    case Kind::string: static_cast<std::string*>(value)->assign(text); break;
    case Kind::integer: good = parse_number(text, *static_cast<std::int64_t*>(value)); break;
    case Kind::real: good = parse_number(text, *static_cast<double*>(value)); break;
    case Kind::boolean:
      good = text == "true" || text == "false" || text == "True" || text == "False";
      *static_cast<bool*>(value) = text == "true" || text == "True";
      break;
    case Kind::timestamp: {
      auto time = parse_time(text);
      good = time.ok();
      if (good) *static_cast<Time*>(value) = *time;
      break;
    }
    case Kind::blob: {
      auto bytes = from_base64(text);
      good = bytes.has_value();
      if (good) static_cast<Bytes*>(value)->data = std::move(*bytes);
      break;
    }
    default: good = false;
  }
  if (!good) return validation("'{}' is not a valid value for {}", text.substr(0, 256), member);
  return {};
}

}  // namespace clary::wire
