// The server's log: one structured line an event, `time level channel message key=value ... request=<id>`.
// A channel belongs to a module: `inline constexpr log::Channel log_{"jobs"};` in its log.hpp. Thread rule: any thread.
// Invariant: no key, token or body of a request is ever logged.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace clary::log {

enum class Level { debug, info, warn, error, off };

// Where and how much: an empty path means standard error. Called once at start.
void configure(Level level, const std::string& path = {});
Level level();
void write(Level level, std::string_view channel, std::string_view message);

// Names the request on every line that this thread writes while it lives.
class RequestScope {
 public:
  explicit RequestScope(std::string id);
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

 private:
  std::string outer_;
};

class Channel {
 public:
  explicit constexpr Channel(std::string_view name) : name_(name) {}
  template <typename... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const { emit(Level::debug, format, fmt::make_format_args(args...)); }
  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const { emit(Level::info, format, fmt::make_format_args(args...)); }
  template <typename... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) const { emit(Level::warn, format, fmt::make_format_args(args...)); }
  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const { emit(Level::error, format, fmt::make_format_args(args...)); }

 private:
  void emit(Level at, fmt::string_view format, fmt::format_args args) const {
    if (at >= level()) write(at, name_, fmt::vformat(format, args));
  }
  std::string_view name_;
};

}  // namespace clary::log
