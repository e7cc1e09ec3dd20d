// Which uid belongs to which worker, where the server is root. Kept in the workers' folders, so it survives the server.
// Owned by the launcher. Thread rule: any thread. Invariant: no two workers that have a folder share a uid.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "base/outcome.hpp"

namespace clary::workers {

class Uids {
 public:
  // Learns those in use from the folders below `root`.
  Uids(std::string root, unsigned first, unsigned count);
  // The id's uid: the one that its folder names, else a free one, which it then names. Makes the folder.
  Outcome<unsigned> of(const std::string& id);
  // When the folder is gone.
  void free(unsigned uid);

 private:
  const std::string root_;
  const unsigned first_, count_;
  std::mutex mutex_;
  std::set<unsigned> used_;
  unsigned next_ = 0;  // after the last given out: a freed one rests as long as others are there
};

}  // namespace clary::workers
