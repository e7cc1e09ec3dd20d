#include "training/early_stopping.hpp"

#include <algorithm>

namespace clary::training {

std::optional<EarlyStopping> EarlyStopping::make(const Hyperparameters& asked, const Release& release,
                                                 bool has_validation) {
  if (!asked.early_stopping_rounds) return std::nullopt;
  if (release.classic()) return EarlyStopping(*asked.early_stopping_rounds, "");
  if (!has_validation || asked.stopping_metric.empty()) return std::nullopt;
  return EarlyStopping(*asked.early_stopping_rounds, asked.stopping_metric);
}

const Score* EarlyStopping::watched(const std::vector<Score>& scores) const {
  if (scores.empty()) return nullptr;
  if (metric_.empty()) return &scores.back();
  const auto found = std::find_if(scores.begin(), scores.end(), [&](const Score& score) {
    return score.set == "validation" && score.metric == metric_;
  });
  return found == scores.end() ? nullptr : &*found;
}

bool EarlyStopping::after(int iteration, const std::vector<Score>& scores, const std::string& line) {
  improved_ = false;
  const Score* score = watched(scores);
  if (score == nullptr) return false;
  const bool better =
      !best_ || (is_maximized(score->metric) ? score->value > best_->score : score->value < best_->score);
  if (better) {
    best_ = Best{score->value, iteration, line};
    improved_ = true;
    return false;
  }
  return iteration - best_->iteration >= rounds_;
}

}  // namespace clary::training
