// What the containers of XGBoost's releases do differently from each other. A plain value. Thread rule: any thread.
#pragma once

#include "xgboost/library.hpp"

namespace clary::training {

class Release {
 public:
  explicit Release(xgboost::LibraryVersion version) : version_(version) {}

  // Up to 1.2: a model is a pickled Booster; early stopping looks at the last metric of the last matrix, without one of
  // its own asked for, and keeps all trees.
  bool classic() const { return before(1, 3); }
  // "%g" before 1.0, five decimals since.
  bool fixed_decimals() const { return !before(1, 0); }
  // The pickle of a Booster names its booster.
  bool pickles_booster_name() const { return !before(0, 90); }
  // What it saves to a file without an ending; before, the old binary.
  bool saves_ubjson() const { return !before(2, 1); }
  // A booster that early stopping has cut back says how many trees it kept; before and after that, its best score.
  bool names_tree_limit() const { return !before(1, 4) && before(2, 0); }
  // An iteration ends with a checkpoint among the hosts.
  bool rabit_checkpoints() const { return before(1, 6); }

 private:
  bool before(int major, int minor) const { return version_ < xgboost::LibraryVersion{major, minor, 0}; }

  xgboost::LibraryVersion version_;
};

}  // namespace clary::training
