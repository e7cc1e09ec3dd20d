// Predictions as text, in SageMaker's own forms. Owned by the request. Thread rule: one thread. Invariant: numbers read as Python prints them:
// the shortest text that gives the same double again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "model_server/scorer.hpp"

namespace clary::model_server {

enum class AnswerForm { csv, json, json_lines };

struct AnswerStyle {
  AnswerForm form = AnswerForm::csv;
  bool lines = false;  // each row of CSV is a line; else they follow one another with commas, as XGBoost's containers write them
  bool lists = true;   // several numbers of one row of CSV are a list in brackets
};

// The first type of an Accept header that can be written; `otherwise` where it is absent. Nothing: there is none.
std::optional<AnswerForm> choose_form(std::string_view accept, std::string_view otherwise);
std::string_view content_type_of(AnswerForm form);

// `json`: what is no number is written as Python's json module does, and reads: NaN, Infinity.
void append_number(std::string& text, double value, bool json = false);

class Selection;

class AnswerWriter {
 public:
  // `selection`: what is told of a row in place of its numbers; it outlives the writer.
  explicit AnswerWriter(AnswerStyle style, const Selection* selection = nullptr) : style_(style), selection_(selection) {}
  void add(const Scores& scores);
  std::string finish();

 private:
  void add_row(std::span<const double> row);
  void add_selected(std::span<const double> row);

  const AnswerStyle style_;
  const Selection* const selection_;
  bool first_ = true;
  std::string text_;
};

}  // namespace clary::model_server
