// fuzz: training
// What a worker, or whoever reaches the port, says to rabit's tracker; and the roll of a job's hosts.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "training/rabit_greeting.hpp"
#include "training/roll_call.hpp"

using namespace clary::training;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  std::string_view rest = all;
  const ReadBytes read = [&](char* to, std::size_t count) -> clary::Outcome<void> {
    if (rest.size() < count) return clary::internal("no more");
    rest.copy(to, count);
    rest.remove_prefix(count);
    return {};
  };
  std::size_t sent = 0;
  const auto greeting = read_rabit_greeting(read, [&](std::string_view bytes) -> clary::Outcome<void> {
    sent += bytes.size();
    return {};
  });
  if (sent > 4) std::abort();  // the magic number, once
  if (greeting && greeting->command == RabitGreeting::Command::print) (void)read_rabit_text(read);
  if (const auto roll = parse_roll(all)) {
    const auto back = parse_roll(roll_text(*roll));
    if (!back || back->present != roll->present) std::abort();
  }
  return 0;
}
