// What SAGEMAKER_INFERENCE_OUTPUT asks to be told of each prediction of XGBoost: "predicted_label,probabilities". Made once, for one model. Thread
// rule: const after it was made. Invariant: a key that the model's objective has nothing for is there all the same, as NaN.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "model_server/scorer.hpp"

namespace clary::model_server {

class Selection {
 public:
  // A validation error: the objective is not one that this is known for.
  static Outcome<Selection> open(std::string_view keys, const ModelFacts& facts);
  // One row's values in the order of the keys; lists in quotes.
  void append_csv(std::string& text, std::span<const double> row) const;
  void append_json(std::string& text, std::span<const double> row) const;

 private:
  enum class Key { predicted_label, labels, probability, probabilities, raw_score, raw_scores, predicted_score, unknown };
  enum class Objective { regression, logistic, logitraw, hinge, softmax, softprob };
  struct Asked {
    std::string name;
    Key key = Key::unknown;  // unknown: it is NaN
  };
  static Key key_of(std::string_view name);
  static bool has(Objective objective, Key key);
  void append_value(std::string& text, Key key, std::span<const double> row, bool json) const;
  void append_label(std::string& text, std::span<const double> row) const;

  Objective objective_ = Objective::regression;
  std::size_t classes_ = 0;
  std::vector<Asked> asked_;
  // As the containers order an object's members: those that the objective has by their own order, then the others as they were asked for.
  std::vector<Asked> ordered_;
};

}  // namespace clary::model_server
