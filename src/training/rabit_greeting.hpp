// What a worker of rabit says first to its tracker: a magic number, which it wants back, then who it is and what it wants.
// Numbers are int32 of the host's own byte order, a text is its length and its bytes. Thread rule: pure but for `read`.
// Invariant: whatever the bytes are, no more than the longest text is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/outcome.hpp"

namespace clary::training {

inline constexpr std::int32_t rabit_magic = 0xff99;

// Fills `size` bytes, or says why not.
using ReadBytes = std::function<Outcome<void>(char* bytes, std::size_t size)>;
using SendBytes = std::function<Outcome<void>(std::string_view bytes)>;

struct RabitGreeting {
  enum class Command { start, recover, print, shutdown } command = Command::start;
  std::int32_t rank = -1;  // -1: none yet
  std::string task;        // "NULL": none
};

Outcome<std::int32_t> read_rabit_number(const ReadBytes& read);
Outcome<std::string> read_rabit_text(const ReadBytes& read);
std::string rabit_number(std::int32_t number);
std::string rabit_text(std::string_view text);

Outcome<RabitGreeting> read_rabit_greeting(const ReadBytes& read, const SendBytes& send);

}  // namespace clary::training
