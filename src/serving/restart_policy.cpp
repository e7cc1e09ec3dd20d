#include "serving/restart_policy.hpp"

#include <algorithm>

namespace clary::serving {

using std::chrono::milliseconds;
using std::chrono::seconds;

int ends_in_a_row(int before, std::chrono::steady_clock::duration served) {
  return served >= seconds(60) ? 1 : before + 1;
}

milliseconds restart_delay(int ends_in_a_row) {
  if (ends_in_a_row <= 0) return milliseconds(0);
  constexpr int doublings = 10;  // 100 ms * 2^10 is beyond the longest wait
  return std::min<milliseconds>(milliseconds(100 << std::min(ends_in_a_row - 1, doublings)), seconds(60));
}

bool give_up(const Silence& silence) {
  if (silence.refused) return silence.lasted >= seconds(2);
  return silence.lasted >= (silence.busy ? seconds(120) : seconds(30));
}

}  // namespace clary::serving
