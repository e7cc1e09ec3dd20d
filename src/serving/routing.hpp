// Which variant and which replica an invocation goes to. Pure functions over what the snapshot shows; thread rule: any
// thread. Invariant: a variant of weight 0 is never chosen by weight, and a replica is chosen only among the candidates
// given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace clary::serving {

// The index of the variant that `draw` (uniform in [0, 1)) falls on, each as likely as its share of the weights.
// Nothing when no weight is above 0.
std::optional<std::size_t> choose_variant(std::span<const double> weights, double draw);

// The index of the replica with the fewest invocations in flight; of equals, the first at or after `start` (turning),
// so that idle replicas take turns. Nothing when there are no candidates.
std::optional<std::size_t> choose_replica(std::span<const std::int64_t> in_flight, std::size_t start);

}  // namespace clary::serving
