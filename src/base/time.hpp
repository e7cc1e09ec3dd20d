// Points in time as they are stored and sent, and the clock that tells them.
// Time is microseconds since 1970-01-01T00:00:00Z. Clock has two implementations: the system's, and a test's that is set by hand.
// Thread rule: values; a Clock may be asked from any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/outcome.hpp"

namespace clary {

struct Time {
  std::int64_t micros = 0;
  static Time from_seconds(double seconds);
  double seconds() const { return static_cast<double>(micros) / 1e6; }
  std::int64_t millis() const { return micros / 1000; }
  auto operator<=>(const Time&) const = default;
};

std::string to_iso8601(Time time);        // 2026-11-24T20:38:20.123Z
std::string to_http_date(Time time);      // Tue, 24 Nov 2026 20:38:20 GMT
std::string to_basic_iso8601(Time time);  // 20261124T203820Z, as SigV4 writes it
Outcome<Time> parse_iso8601(std::string_view text);        // with or without fraction; Z or +hh:mm
Outcome<Time> parse_http_date(std::string_view text);      // RFC 7231's three forms: IMF-fixdate is read; also "GMT"/"UTC"
Outcome<Time> parse_basic_iso8601(std::string_view text);  // 20261124T203820Z

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock : public Clock {
 public:
  Time now() const override;
};

class ManualClock : public Clock {
 public:
  explicit ManualClock(Time start) : now_(start) {}
  Time now() const override { return now_; }
  void set(Time time) { now_ = time; }
  void advance(double seconds) { now_.micros += static_cast<std::int64_t>(seconds * 1e6); }

 private:
  Time now_;
};

}  // namespace clary
