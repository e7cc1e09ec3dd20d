#include "training/rabit_links.hpp"

#include <algorithm>

namespace clary::training {

namespace {

// A heap's numbering: of node n, parent (n + 1) / 2 - 1 and children 2 n + 1 and 2 n + 2.
std::vector<int> children_of(int node, int workers) {
  std::vector<int> children;
  for (const int child : {2 * node + 1, 2 * node + 2}) {
    if (child < workers) children.push_back(child);
  }
  return children;
}

// The nodes below `node`, so that neighbours in the list are near in the tree: the last branch is walked backwards, which
// brings the ring's end back to its beginning.
std::vector<int> ring_below(int node, int workers) {
  std::vector<int> ring{node};
  const auto children = children_of(node, workers);
  for (std::size_t i = 0; i < children.size(); ++i) {
    auto branch = ring_below(children[i], workers);
    if (i + 1 == children.size()) std::reverse(branch.begin(), branch.end());
    ring.insert(ring.end(), branch.begin(), branch.end());
  }
  return ring;
}

}  // namespace

std::vector<RabitLinks> rabit_links(int workers) {
  if (workers < 1) return {};
  const auto ring = ring_below(0, workers);
  std::vector<int> rank(static_cast<std::size_t>(workers));  // of a node: its place in the ring
  for (std::size_t place = 0; place < ring.size(); ++place)
    rank[static_cast<std::size_t>(ring[place])] = static_cast<int>(place);
  const auto rank_of = [&](int node) { return rank[static_cast<std::size_t>(node)]; };
  std::vector<RabitLinks> links(ring.size());
  for (int node = 0; node < workers; ++node) {
    RabitLinks& of = links[static_cast<std::size_t>(rank_of(node))];
    if (node > 0) {
      of.parent = rank_of((node + 1) / 2 - 1);
      of.neighbours.push_back(of.parent);
    }
    for (const int child : children_of(node, workers)) of.neighbours.push_back(rank_of(child));
    of.previous = (rank_of(node) + workers - 1) % workers;
    of.next = (rank_of(node) + 1) % workers;
  }
  return links;
}

}  // namespace clary::training
