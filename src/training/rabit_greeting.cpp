#include "training/rabit_greeting.hpp"

#include <cstring>

namespace clary::training {

namespace {
constexpr std::int32_t longest_text = 64 * 1024;
}

Outcome<std::int32_t> read_rabit_number(const ReadBytes& read) {
  char bytes[sizeof(std::int32_t)];
  CHECK_OK(read(bytes, sizeof bytes));
  std::int32_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

Outcome<std::string> read_rabit_text(const ReadBytes& read) {
  TRY(const std::int32_t size, read_rabit_number(read));
  if (size < 0 || size > longest_text) return internal("a worker sends a text of {} bytes", size);
  std::string text(static_cast<std::size_t>(size), '\0');
  CHECK_OK(read(text.data(), text.size()));
  return text;
}

std::string rabit_number(std::int32_t number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

std::string rabit_text(std::string_view text) {
  return rabit_number(static_cast<std::int32_t>(text.size())) + std::string(text);
}

Outcome<RabitGreeting> read_rabit_greeting(const ReadBytes& read, const SendBytes& send) {
  TRY(const std::int32_t magic, read_rabit_number(read));
  if (magic != rabit_magic) return internal("who speaks to the tracker is no worker of rabit");
  CHECK_OK(send(rabit_number(rabit_magic)));
  RabitGreeting greeting;
  TRY(greeting.rank, read_rabit_number(read));
  CHECK_OK(read_rabit_number(read));  // how many workers it believes there are: the tracker knows
  TRY(greeting.task, read_rabit_text(read));
  TRY(const std::string command, read_rabit_text(read));
  using Command = RabitGreeting::Command;
  if (command == "start") {
    greeting.command = Command::start;
  } else if (command == "recover") {
    greeting.command = Command::recover;
  } else if (command == "print") {
    greeting.command = Command::print;
  } else if (command == "shutdown") {
    greeting.command = Command::shutdown;
  } else {
    return internal("a worker asks the tracker for something unknown");
  }
  return greeting;
}

}  // namespace clary::training
