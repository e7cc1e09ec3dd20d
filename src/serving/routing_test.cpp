#include "serving/routing.hpp"

#include <array>
#include <gtest/gtest.h>
#include <vector>

namespace clary::serving {
namespace {

TEST(Routing, VariantsGetTheirShareOfTheWeights) {
  const std::vector<double> weights{3, 1, 0, 6};
  std::array<int, 4> hits{};
  constexpr int draws = 10000;
  for (int i = 0; i < draws; ++i) ++hits[*choose_variant(weights, (i + 0.5) / draws)];
  EXPECT_EQ(hits, (std::array<int, 4>{3000, 1000, 0, 6000}));
}

TEST(Routing, ADrawAtTheEdgesStaysInside) {
  const std::vector<double> weights{0.1, 0.2, 0};
  EXPECT_EQ(choose_variant(weights, 0.0), 0u);
  EXPECT_EQ(choose_variant(weights, 0.9999999999999999), 1u);
  EXPECT_EQ(choose_variant(weights, 1.0), 1u);
}

TEST(Routing, NoWeightNoVariant) {
  EXPECT_FALSE(choose_variant(std::vector<double>{}, 0.5));
  EXPECT_FALSE(choose_variant(std::vector<double>{0, 0}, 0.5));
  EXPECT_FALSE(choose_variant(std::vector<double>{-1}, 0.5));
}

TEST(Routing, TheReplicaWithTheFewestInFlightIsChosen) {
  EXPECT_EQ(choose_replica(std::vector<std::int64_t>{4, 2, 3}, 0), 1u);
  EXPECT_EQ(choose_replica(std::vector<std::int64_t>{4, 2, 3}, 7), 1u);
  EXPECT_FALSE(choose_replica(std::vector<std::int64_t>{}, 3));
}

TEST(Routing, EqualReplicasTakeTurns) {
  std::vector<std::size_t> chosen;
  for (std::size_t turn = 0; turn < 4; ++turn)
    chosen.push_back(*choose_replica(std::vector<std::int64_t>{1, 1, 1}, turn));
  EXPECT_EQ(chosen, (std::vector<std::size_t>{0, 1, 2, 0}));
}

}  // namespace
}  // namespace clary::serving
