// A loaded model, ready to be asked. A Model is shared by all threads, outlives its Scorers and makes each thread one of its own. Thread rule: a Model from any
// thread, a Scorer from its own. Invariant: what score() hands out belongs to the scorer, until its next call.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/outcome.hpp"
#include "model_server/rows.hpp"

namespace clary::model_server {

struct Scores {
  std::span<const double> values;  // row by row
  std::size_t width = 1;          // numbers a row
};

class Scorer {
 public:
  virtual ~Scorer() = default;
  // A validation error says what is wrong with the rows.
  virtual Outcome<Scores> score(const Rows& rows) = 0;
};

struct ModelFacts {
  std::string framework;  // "xgboost 1.7.4"
  ModelColumns columns;
  std::size_t width = 1;    // numbers a row that it predicts; 0: it does not say
  std::string objective;    // "binary:logistic"; empty: not known
  std::size_t classes = 0;  // of a classifier of several
  bool doubles = false;     // it compares doubles: Rows are to hold them
  bool lists = true;        // several numbers of one row are a list in CSV too, as XGBoost's containers write them
  std::string input = "input", output = "predict";  // as the Open Inference Protocol calls them
  std::string datatype = "FP32";                    // of the output, as it calls it
};

class Model {
 public:
  virtual ~Model() = default;
  virtual const ModelFacts& facts() const = 0;
  virtual Outcome<std::unique_ptr<Scorer>> scorer() const = 0;
};

}  // namespace clary::model_server
