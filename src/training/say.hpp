// The job's log, as the containers write it: "[2026-11-28:18:40:13:INFO] text", a line at a time. Thread rule: any thread.
#pragma once

#include <fmt/format.h>
#include <string_view>
#include <utility>

namespace clary::training {

void say_line(std::string_view line);  // as it is
void say_info(std::string_view text);

template <typename... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  say_info(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace clary::training
