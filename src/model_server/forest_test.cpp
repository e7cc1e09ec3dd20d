#include "model_server/forest.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clary::model_server {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using Node = Forest::Node;

Node split(std::uint32_t feature, float threshold, std::uint32_t left, std::uint32_t right, bool missing_left = false) {
  return {threshold, feature, missing_left, left, right, 0};
}
Node leaf(float value) { return {0, 0, false, 0, 0, value}; }

std::vector<float> predict(const Forest& forest, std::vector<float> rows) {
  std::vector<float> out;
  forest.predict(rows, out);
  return out;
}

// Of two columns: the first below 1 gives 10, else the second below 2 gives 20, else 30.
std::vector<Node> tree(bool missing_left) { return {split(0, 1, 1, 2, missing_left), leaf(10), split(1, 2, 3, 4), leaf(20), leaf(30)}; }

TEST(Forest, WalksToTheLeaf) {
  Forest forest(2, 1, Link::identity);
  forest.set_base(0.5);
  ASSERT_TRUE(forest.add(tree(true), 0));
  EXPECT_THAT(predict(forest, {0, 9, 1, 1, 1, 2}), ElementsAre(10.5, 20.5, 30.5));
  EXPECT_THAT(predict(forest, {NAN, 9, 1, NAN}), ElementsAre(10.5, 30.5));
  Forest other(2, 1, Link::identity);
  ASSERT_TRUE(other.add(tree(false), 0));
  EXPECT_THAT(predict(other, {NAN, 1}), ElementsAre(20));
  ASSERT_TRUE(other.add(std::vector<Node>{leaf(-1)}, 0));
  EXPECT_THAT(predict(other, {NAN, 1}), ElementsAre(19));
}

TEST(Forest, AnyNumberOfRowsGivesTheSame) {
  Forest forest(2, 1, Link::identity);
  ASSERT_TRUE(forest.add(tree(true), 0));
  std::vector<float> rows, wanted;
  for (int row = 0; row < 150; ++row) {
    const bool lacks = row == 100;
    rows.insert(rows.end(), {lacks ? NAN : static_cast<float>(row % 3), static_cast<float>(row % 4)});
    wanted.push_back(lacks || row % 3 == 0 ? 10 : row % 4 < 2 ? 20 : 30);
    EXPECT_EQ(predict(forest, rows), wanted) << row;
  }
}

TEST(Forest, LinksSumsToPredictions) {
  const auto linked = [](Link link, std::vector<float> leaves) {
    Forest forest(1, leaves.size(), link);
    for (std::size_t at = 0; at < leaves.size(); ++at) EXPECT_TRUE(forest.add(std::vector<Node>{leaf(leaves[at])}, at));
    return predict(forest, {0});
  };
  EXPECT_THAT(linked(Link::logistic, {0}), ElementsAre(0.5));
  EXPECT_THAT(linked(Link::exponential, {1}), ElementsAre(FloatEq(std::exp(1.f))));
  EXPECT_THAT(linked(Link::softmax, {1, 1, 1 + std::log(2.f)}), ElementsAre(FloatEq(0.25), FloatEq(0.25), FloatEq(0.5)));
  EXPECT_THAT(linked(Link::largest, {1, 3, 2}), ElementsAre(1));
}

TEST(Forest, WhatIsNoTreeIsRefused) {
  Forest forest(2, 1, Link::identity);
  for (const std::vector<Node>& nodes :
       {std::vector<Node>{}, {split(2, 0, 1, 2), leaf(1), leaf(2)}, {split(0, 0, 1, 3), leaf(1), leaf(2)}, {split(0, 0, 1, 1), leaf(1)},
        {split(0, 0, 1, 0), leaf(1)}, {split(0, NAN, 1, 2), leaf(1), leaf(2)}, {split(0, 0, 1, 2), split(0, 0, 0, 1), leaf(2)},
        {split(0, 0, 1, 2), split(0, 0, 2, 3), leaf(1), split(0, 0, 2, 4), leaf(2)}})
    EXPECT_FALSE(forest.add(nodes, 0)) << nodes.size();
  EXPECT_FALSE(forest.add(std::vector<Node>{leaf(1)}, 1));
  ASSERT_TRUE(forest.add(tree(true), 0));
  EXPECT_THAT(predict(forest, {0, 0}), ElementsAre(10));
  EXPECT_THAT(forest.thresholds().at(1), ElementsAre(2));
}

}  // namespace
}  // namespace clary::model_server
