#include "objects/md5.hpp"

#include <gtest/gtest.h>
#include <thread>

#include "base/rng.hpp"
#include "objects/checksum.hpp"

namespace clary::objects {
namespace {

std::string bytes(std::size_t size) {
  std::string data(size, '\0');
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<char>((i * 2654435761u) >> 13);
  return data;
}

// Every number of lanes, with lengths that differ and that end off the blocks' ends.
TEST(Md5Lanes, SideBySideAsOneByOne) {
  for (std::size_t streams = 1; streams <= 40; ++streams) {
    std::vector<Md5> sums(streams);
    std::vector<std::string> data;
    std::vector<Md5Lanes::Lane> lanes;
    for (std::size_t i = 0; i < streams; ++i) data.push_back(bytes(i * 1021 + (i % 3 == 0 ? 0 : 64 * streams)));
    for (std::size_t i = 0; i < streams; ++i) {
      sums[i].update(std::string_view(data[i]).substr(0, i));  // a block that is begun
      const auto rest = std::string_view(data[i]).substr(std::min(i, data[i].size()));
      lanes.push_back({&sums[i], {rest.substr(0, rest.size() / 3), "", rest.substr(rest.size() / 3)}});
    }
    Md5Lanes::compute(std::move(lanes));
    for (std::size_t i = 0; i < streams; ++i) EXPECT_EQ(sums[i].finish(), md5(data[i])) << i << " of " << streams;
  }
}

// The length that MD5 ends with is counted beyond 2^32 bits.
TEST(Md5Lanes, CountsLongStreams) {
  const std::string piece = bytes(1 << 20);
  Md5 begun;
  Hash whole = Hash::md5();
  for (int i = 0; i < 511; ++i) begun.update(piece);
  for (int i = 0; i < 513; ++i) whole.update(piece);
  std::vector<Md5> sums(4, begun);
  std::vector<Md5Lanes::Lane> lanes;
  for (auto& sum : sums) lanes.push_back({&sum, {piece, piece}});
  Md5Lanes::compute(std::move(lanes));
  EXPECT_EQ(sums[3].finish(), whole.finish());
}

TEST(Md5Lanes, ManyThreads) {
  Md5Lanes lanes;
  const std::string data = bytes(100'000);
  const std::string expected = md5(data);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 24; ++thread) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        Md5Lanes::Stream sum(lanes, Md5());
        std::uint64_t pieces = 0;
        for (std::size_t at = 0; at < data.size(); at += 9'999) {
          sum.push(std::string_view(data).substr(at, 9'999));
          if (++pieces > 4) sum.wait_until_done(pieces - 4);
        }
        if (round % 5 == 0) continue;  // given up
        EXPECT_EQ(sum.finish(), expected);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace clary::objects
