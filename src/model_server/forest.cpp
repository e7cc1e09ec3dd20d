#include "model_server/forest.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace clary::model_server {

namespace {

constexpr std::uint32_t left_when_missing = 1U << 31;
constexpr std::size_t block = 64;  // rows that meet a tree while its nodes are in the nearest cache
constexpr std::uint32_t deepest = 4096;

}  // namespace

Outcome<void> Forest::add(std::span<const Node> tree, std::size_t of_class) {
  if (tree.empty() || of_class >= classes_ || nodes_.size() + 2 * tree.size() > left_when_missing) return validation("the tree is empty, or too large");
  const auto root = static_cast<std::uint32_t>(nodes_.size());
  // Where each node goes, and how deep it stands; breadth first, so that what is looked at together lies together.
  struct Place {
    std::uint32_t from, to, depth;
  };
  std::vector<Place> places{{0, root, 0}};
  std::uint32_t next = root + 1, depth = 0;
  nodes_.resize(root + tree.size());
  for (std::size_t at = 0; at < places.size(); ++at) {
    const auto [from, to, level] = places[at];
    const Node& node = tree[from];
    depth = std::max(depth, level);
    if (node.left == 0 && node.right == 0) {
      nodes_[to] = {std::numeric_limits<float>::infinity(), left_when_missing, to, node.leaf};
      continue;
    }
    if (node.left <= from || node.right <= from || node.left >= tree.size() || node.right >= tree.size() || node.left == node.right ||
        node.feature >= columns_ || std::isnan(node.threshold) || level >= deepest || next + 2 > root + tree.size()) {
      nodes_.resize(root);
      return validation("the tree's nodes are no tree over {} columns", columns_);
    }
    nodes_[to] = {node.threshold, node.feature | (node.missing_left ? left_when_missing : 0), next, 0};
    places.push_back({node.left, next, level + 1});
    places.push_back({node.right, next + 1, level + 1});
    next += 2;
  }
  nodes_.resize(next);
  trees_.push_back({root, depth, static_cast<std::uint32_t>(of_class)});
  return {};
}

std::vector<std::vector<float>> Forest::thresholds() const {
  std::vector<std::vector<float>> found(columns_);
  for (std::size_t at = 0; at < nodes_.size(); ++at)
    if (nodes_[at].left != at) found[nodes_[at].feature & ~left_when_missing].push_back(nodes_[at].threshold);
  return found;
}

// Several rows walk down side by side, because each step of one waits for memory.
template <int Rows, bool Missing>
void Forest::add_tree(const Tree& tree, const float* rows, float* sums) const {
  const Packed* const nodes = nodes_.data();
  std::uint32_t at[Rows];
  for (int row = 0; row < Rows; ++row) at[row] = tree.root;
  for (std::uint32_t level = 0; level < tree.depth; ++level) {
    for (int row = 0; row < Rows; ++row) {
      const Packed& node = nodes[at[row]];
      const float value = rows[row * columns_ + (node.feature & ~left_when_missing)];
      bool right = !(value < node.threshold);
      if constexpr (Missing) right &= !(std::isnan(value) & ((node.feature & left_when_missing) != 0));
      at[row] = node.left + right;
    }
  }
  for (int row = 0; row < Rows; ++row) sums[row * classes_ + tree.of_class] += nodes[at[row]].leaf;
}

template <bool Missing>
void Forest::add_trees(const float* rows, std::size_t count, float* sums) const {
  constexpr int together = 8;
  for (const Tree& tree : trees_) {
    std::size_t row = 0;
    for (; row + together <= count; row += together) add_tree<together, Missing>(tree, rows + row * columns_, sums + row * classes_);
    for (; row < count; ++row) add_tree<1, Missing>(tree, rows + row * columns_, sums + row * classes_);
  }
}

void Forest::finish(std::span<const float> sums, float* out) const {
  switch (link_) {
    case Link::identity: std::copy(sums.begin(), sums.end(), out); return;
    case Link::logistic:
      for (const float sum : sums) *out++ = 1.0f / (1.0f + std::exp(-sum));
      return;
    case Link::exponential:
      for (const float sum : sums) *out++ = std::exp(sum);
      return;
    case Link::largest: *out = static_cast<float>(std::max_element(sums.begin(), sums.end()) - sums.begin()); return;
    case Link::softmax: {
      const float top = *std::max_element(sums.begin(), sums.end());
      double all = 0;
      for (std::size_t at = 0; at < sums.size(); ++at) all += out[at] = std::exp(sums[at] - top);
      for (std::size_t at = 0; at < sums.size(); ++at) out[at] /= static_cast<float>(all);
      return;
    }
  }
}

void Forest::predict(std::span<const float> rows, std::vector<float>& out, bool margin) const {
  const std::size_t count = rows.size() / columns_, wide = margin ? classes_ : width();
  out.resize(count * wide);
  std::vector<float> sums(std::min(count, block) * classes_);
  for (std::size_t first = 0; first < count; first += block) {
    const std::size_t here = std::min(block, count - first);
    const float* const from = rows.data() + first * columns_;
    std::fill(sums.begin(), sums.end(), base_last_ ? 0.0f : base_);
    // A leaf's threshold is infinity, which NaN is not below: with missing values it needs the longer test.
    if (std::any_of(from, from + here * columns_, [](float value) { return std::isnan(value); })) {
      add_trees<true>(from, here, sums.data());
    } else {
      add_trees<false>(from, here, sums.data());
    }
    if (base_last_)
      for (float& sum : sums) sum += base_;
    for (std::size_t row = 0; row < here; ++row) {
      const std::span<const float> own(sums.data() + row * classes_, classes_);
      float* const to = out.data() + (first + row) * wide;
      if (margin) {
        std::copy(own.begin(), own.end(), to);
      } else {
        finish(own, to);
      }
    }
  }
}

}  // namespace clary::model_server
