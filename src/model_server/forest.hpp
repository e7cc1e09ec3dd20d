// The trees of a boosted model, laid out for quick prediction: for one row some twenty times as quick as the library, which prepares as much for
// a row as for a thousand. Shared by all threads. Thread rule: const after it was made. Invariant: it was made of what the library itself says of
// its trees, and whoever uses it has compared its predictions with the library's (see xgboost_forest.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/outcome.hpp"

namespace clary::model_server {

// What becomes of a row's sum of leaves, class by class.
enum class Link { identity, logistic, exponential, softmax, largest };

class Forest {
 public:
  // A tree's nodes as they are added; 0 is its root. Children come after their parents, both given.
  struct Node {
    float threshold = 0;       // of a split: the left child is taken where value < threshold
    std::uint32_t feature = 0;
    bool missing_left = false;
    std::uint32_t left = 0, right = 0;  // 0: a leaf
    float leaf = 0;
  };

  Forest(std::size_t columns, std::size_t classes, Link link) : columns_(columns), classes_(classes), link_(link) {}
  // A tree that adds to the score of a class. A validation error: its nodes are no tree over the columns.
  Outcome<void> add(std::span<const Node> tree, std::size_t of_class);
  // What a row has before any tree adds to it. `last`: it comes on top of the trees' sum, as floats differ by order.
  void set_base(float margin, bool last = false) {
    base_ = margin;
    base_last_ = last;
  }

  std::size_t columns() const { return columns_; }
  std::size_t width() const { return link_ == Link::largest ? 1 : classes_; }
  // `rows`: row by row, each of columns(). Writes width() numbers a row; `margin`: the bare sums, classes a row.
  void predict(std::span<const float> rows, std::vector<float>& out, bool margin = false) const;
  std::vector<std::vector<float>> thresholds() const;

 private:
  // Both children of a node stand side by side; a leaf leads to itself, so that every row may take the tree's whole depth in steps.
  struct Packed {
    float threshold;
    std::uint32_t feature;  // the topmost bit: a missing value goes left
    std::uint32_t left;
    float leaf;
  };
  struct Tree {
    std::uint32_t root = 0, depth = 0, of_class = 0;
  };
  template <int Rows, bool Missing>
  void add_tree(const Tree& tree, const float* rows, float* sums) const;
  template <bool Missing>
  void add_trees(const float* rows, std::size_t count, float* sums) const;
  void finish(std::span<const float> sums, float* out) const;

  std::size_t columns_, classes_;
  Link link_;
  float base_ = 0;
  bool base_last_ = false;
  std::vector<Packed> nodes_;
  std::vector<Tree> trees_;
};

}  // namespace clary::model_server
