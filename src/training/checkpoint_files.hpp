// The checkpoints of a training job with a CheckpointConfig: xgboost-checkpoint.<iteration>, the five newest of its own and
// those that it found. Owned by the training loop. Thread rule: one thread. Invariant: a file of that name is a whole model.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/outcome.hpp"

namespace clary::training {

class CheckpointFiles {
 public:
  explicit CheckpointFiles(std::string folder) : folder_(std::move(folder)) {}

  struct Found {
    std::string path;
    int iteration = 0;
  };
  // Newest first.
  std::vector<Found> found() const;
  Outcome<void> save(std::string_view model, int iteration);

 private:
  std::string path_of(int iteration) const;

  std::string folder_;
  std::deque<int> own_;
};

// A file's new content stands there whole or not at all; what is not whole yet has another name, and stays where the
// process is killed. Among checkpoints, which are uploaded without files of such a name: their folder may be a mount.
Outcome<void> write_checkpoint(const std::string& path, std::string_view data);
// In /opt/ml/model or /opt/ml/output, which are packed up with all that is in them: it is written in the folder above.
Outcome<void> write_output(const std::string& path, std::string_view data);

}  // namespace clary::training
