// Who is linked to whom among the workers of rabit: a binary tree, for small reductions, and a ring along it, for large ones.
// Thread rule: pure. Invariant: the ring goes through the workers in the order of their ranks, and every ring link but the last
// few is a tree link too.
#pragma once

#include <vector>

namespace clary::training {

struct RabitLinks {
  std::vector<int> neighbours;   // in the tree
  int parent = -1;               // -1: none
  int previous = -1, next = -1;  // in the ring
};

// Of each rank, 0 to workers - 1.
std::vector<RabitLinks> rabit_links(int workers);

}  // namespace clary::training
