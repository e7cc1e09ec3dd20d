// Which of a channel's objects a host works on: all of them, or with ShardedByS3Key every n-th in the order of the list
// (AWS: each of n instances gets about 1/n of the objects), dealt anew in each round of n where ShuffleConfig gives a
// seed. A plain value. Invariant: hosts that count the same list share it out without gap or overlap, and their shares
// differ by one object at the most.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace clary::jobs {

// splitmix64, so that a seed gives the same order on every host and in every version.
inline std::uint64_t mixed(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15ull;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ull;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBull;
  return value ^ (value >> 31);
}

template <typename T>
void shuffle(std::vector<T>& list, std::uint64_t seed) {
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[mixed(seed + i) % i]);
}

class ChannelShare {
 public:
  ChannelShare(bool sharded, std::size_t host, std::size_t hosts, std::optional<std::int64_t> seed)
      : host_(host), hosts_(sharded ? std::max<std::size_t>(hosts, 1) : 1), seed_(seed) {}

  // Asked once for each object, in the list's order.
  bool takes_next() {
    const std::uint64_t index = next_++;
    if (hosts_ == 1) return true;
    const std::size_t place = index % hosts_;
    if (!seed_) return place == host_;
    if (place == 0) deal(index / hosts_);
    return dealt_[place] == host_;
  }

 private:
  void deal(std::uint64_t round) {
    dealt_.resize(hosts_);
    std::iota(dealt_.begin(), dealt_.end(), std::size_t{0});
    shuffle(dealt_, mixed(static_cast<std::uint64_t>(*seed_)) ^ mixed(round));
  }

  std::size_t host_, hosts_;
  std::optional<std::int64_t> seed_;
  std::uint64_t next_ = 0;
  std::vector<std::size_t> dealt_;  // of this round: the host of each place
};

}  // namespace clary::jobs
