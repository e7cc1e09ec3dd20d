// Whether training goes on: the rule of the container of that release. Owned by the training loop. Thread rule: one thread.
// Invariant: every host of a job comes to the same decision, because all see the same scores.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "training/evaluation.hpp"
#include "training/hyperparameters.hpp"

namespace clary::training {

struct Best {
  double score = 0;
  int iteration = 0;
  std::string line;  // what was logged of it
};

class EarlyStopping {
 public:
  // Nothing where the hyperparameters, or the data, ask for none.
  static std::optional<EarlyStopping> make(const Hyperparameters& asked, const Release& release, bool has_validation);

  // Picks the score that it watches; none: the metric is not among them.
  const Score* watched(const std::vector<Score>& scores) const;
  // True: stop. `line` is what is logged of the iteration.
  bool after(int iteration, const std::vector<Score>& scores, const std::string& line);
  // Whether the iteration that was told last is the best so far.
  bool improved() const { return improved_; }
  const std::optional<Best>& best() const { return best_; }
  void resume(Best best) { best_ = std::move(best); }
  int rounds() const { return rounds_; }

 private:
  EarlyStopping(int rounds, std::string metric) : rounds_(rounds), metric_(std::move(metric)) {}

  int rounds_;
  std::string metric_;  // of `validation`; empty: the last of all scores
  std::optional<Best> best_;
  bool improved_ = false;
};

}  // namespace clary::training
