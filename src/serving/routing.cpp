#include "serving/routing.hpp"

namespace clary::serving {

std::optional<std::size_t> choose_variant(std::span<const double> weights, double draw) {
  double total = 0;
  for (double weight : weights) total += weight > 0 ? weight : 0;
  if (!(total > 0)) return std::nullopt;
  double point = draw * total;
  std::optional<std::size_t> last;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] > 0)) continue;
    if (point < weights[i]) return i;
    point -= weights[i];
    last = i;
  }
  return last;  // rounding may leave the point just past the end
}

std::optional<std::size_t> choose_replica(std::span<const std::int64_t> in_flight, std::size_t start) {
  if (in_flight.empty()) return std::nullopt;
  std::size_t best = start % in_flight.size();
  for (std::size_t step = 1; step < in_flight.size(); ++step) {
    std::size_t candidate = (start + step) % in_flight.size();
    if (in_flight[candidate] < in_flight[best]) best = candidate;
  }
  return best;
}

}  // namespace clary::serving
