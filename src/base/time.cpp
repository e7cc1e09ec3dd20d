#include "base/time.hpp"

#include <cmath>
#include <ctime>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace clary {

namespace {

std::tm utc(Time time) {
  std::time_t seconds = time.micros / 1'000'000;
  if (time.micros % 1'000'000 < 0) --seconds;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

std::string format(Time time, const char* pattern) {
  std::tm parts = utc(time);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), pattern, &parts)};
}

bool read_digits(std::string_view& text, int count, int& value) {
  if (text.size() < static_cast<std::size_t>(count)) return false;
  value = 0;
  for (int i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool skip(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

bool valid(const std::tm& t) {
  return t.tm_mon >= 0 && t.tm_mon < 12 && t.tm_mday >= 1 && t.tm_mday <= 31 && t.tm_hour < 24 && t.tm_min < 60 && t.tm_sec <= 60;
}

// Not timegm(): that takes a lock which all threads share, and every signed request has a date.
Time from_utc(const std::tm& parts, std::int64_t micros = 0) {
  using namespace std::chrono;
  const sys_days date = year{parts.tm_year + 1900} / month{static_cast<unsigned>(parts.tm_mon + 1)} / day{static_cast<unsigned>(parts.tm_mday)};
  const seconds time = date.time_since_epoch() + hours{parts.tm_hour} + minutes{parts.tm_min} + seconds{parts.tm_sec};
  return {time.count() * 1'000'000 + micros};
}

}  // namespace

Time Time::from_seconds(double seconds) { return {static_cast<std::int64_t>(std::llround(seconds * 1e6))}; }

Time SystemClock::now() const {
  using namespace std::chrono;
  return {duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}

std::string to_iso8601(Time time) {
  auto millis = (time.micros / 1000) % 1000;
  return fmt::format("{}.{:03}Z", format(time, "%Y-%m-%dT%H:%M:%S"), millis < 0 ? millis + 1000 : millis);
}

std::string to_http_date(Time time) { return format(time, "%a, %d %b %Y %H:%M:%S GMT"); }
std::string to_basic_iso8601(Time time) { return format(time, "%Y%m%dT%H%M%SZ"); }

Outcome<Time> parse_iso8601(std::string_view text) {
  const std::string original(text);
  auto bad = [&] { return validation("'{}' is not an ISO 8601 timestamp", original); };
  std::tm t{};
  int year = 0;
  if (!read_digits(text, 4, year) || !skip(text, '-') || !read_digits(text, 2, t.tm_mon) || !skip(text, '-') ||
      !read_digits(text, 2, t.tm_mday))
    return bad();
  t.tm_year = year - 1900;
  t.tm_mon -= 1;
  std::int64_t micros = 0;
  std::int64_t offset = 0;
  if (!text.empty() && (text.front() == 'T' || text.front() == 't' || text.front() == ' ')) {
    text.remove_prefix(1);
    if (!read_digits(text, 2, t.tm_hour) || !skip(text, ':') || !read_digits(text, 2, t.tm_min)) return bad();
    if (skip(text, ':') && !read_digits(text, 2, t.tm_sec)) return bad();
    if (skip(text, '.')) {
      std::int64_t scale = 100'000;
      if (text.empty() || text.front() < '0' || text.front() > '9') return bad();
      while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        micros += (text.front() - '0') * scale;
        scale /= 10;
        text.remove_prefix(1);
      }
    }
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
      int sign = text.front() == '+' ? 1 : -1, hours = 0, minutes = 0;
      text.remove_prefix(1);
      if (!read_digits(text, 2, hours)) return bad();
      skip(text, ':');
      if (!text.empty() && !read_digits(text, 2, minutes)) return bad();
      offset = sign * (hours * 3600 + minutes * 60);
    } else if (!skip(text, 'Z') && !text.empty() && !skip(text, 'z')) {
      return bad();
    }
  }
  if (!text.empty() || !valid(t)) return bad();
  Time time = from_utc(t, micros);
  time.micros -= offset * 1'000'000;
  return time;
}

Outcome<Time> parse_http_date(std::string_view text) {
  const std::string copy(text);
  for (const char* pattern : {"%a, %d %b %Y %H:%M:%S", "%A, %d-%b-%y %H:%M:%S", "%a %b %e %H:%M:%S %Y", "%d %b %Y %H:%M:%S"}) {
    std::tm t{};
    const char* rest = strptime(copy.c_str(), pattern, &t);
    if (rest == nullptr || !valid(t)) continue;
    std::string_view zone(rest);
    if (zone.empty() || zone == " GMT" || zone == " UTC" || zone == " +0000" || zone == " -0000") return from_utc(t);
  }
  return validation("'{}' is not an HTTP date", copy);
}

Outcome<Time> parse_basic_iso8601(std::string_view text) {
  std::tm t{};
  int year = 0;
  std::string_view rest = text;
  if (!read_digits(rest, 4, year) || !read_digits(rest, 2, t.tm_mon) || !read_digits(rest, 2, t.tm_mday) || !skip(rest, 'T') ||
      !read_digits(rest, 2, t.tm_hour) || !read_digits(rest, 2, t.tm_min) || !read_digits(rest, 2, t.tm_sec) || !skip(rest, 'Z') ||
      !rest.empty())
    return validation("'{}' is not a timestamp like 20261124T203820Z", text);
  t.tm_year = year - 1900;
  t.tm_mon -= 1;
  if (!valid(t)) return validation("'{}' is not a timestamp like 20261124T203820Z", text);
  return from_utc(t);
}

}  // namespace clary
