#include "model_server/selection.hpp"

#include <algorithm>
#include <cctype>

#include "model_server/answers.hpp"

namespace clary::model_server {

namespace {

constexpr std::string_view key_names[] = {"predicted_label", "labels", "probability", "probabilities", "raw_score", "raw_scores", "predicted_score"};

void append_list(std::string& text, std::span<const double> values, bool json) {
  text += '[';
  for (std::size_t at = 0; at < values.size(); ++at) {
    if (at > 0) text += ", ";
    append_number(text, values[at], json);
  }
  text += ']';
}

}  // namespace

Selection::Key Selection::key_of(std::string_view name) {
  const auto found = std::find(std::begin(key_names), std::end(key_names), name);
  return static_cast<Key>(found - std::begin(key_names));
}

bool Selection::has(Objective objective, Key key) {
  if (objective == Objective::regression) return key == Key::predicted_score;
  if (key == Key::probability || key == Key::probabilities) return objective == Objective::logistic || objective == Objective::softprob;
  return key != Key::predicted_score && key != Key::unknown;
}

Outcome<Selection> Selection::open(std::string_view keys, const ModelFacts& facts) {
  static constexpr std::pair<std::string_view, Objective> known[] = {
      {"reg:squarederror", Objective::regression}, {"reg:logistic", Objective::regression},   {"reg:gamma", Objective::regression},
      {"reg:tweedie", Objective::regression},      {"binary:logistic", Objective::logistic},  {"binary:logitraw", Objective::logitraw},
      {"binary:hinge", Objective::hinge},          {"multi:softmax", Objective::softmax},     {"multi:softprob", Objective::softprob},
  };
  const auto* objective = std::find_if(std::begin(known), std::end(known), [&](const auto& one) { return one.first == facts.objective; });
  if (objective == std::end(known)) return validation("Objective `{}` unsupported for selectable inference predictions.", facts.objective);
  Selection selection;
  selection.objective_ = objective->second;
  selection.classes_ = facts.classes;
  while (true) {
    const auto comma = keys.find(',');
    std::string name;
    for (const char c : keys.substr(0, comma))
      if (c != ' ') name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const Key key = key_of(name);
    selection.asked_.push_back({name, has(selection.objective_, key) ? key : Key::unknown});
    if (comma == std::string_view::npos) break;
    keys.remove_prefix(comma + 1);
  }
  selection.ordered_ = selection.asked_;
  std::stable_sort(selection.ordered_.begin(), selection.ordered_.end(), [](const Asked& a, const Asked& b) { return a.key < b.key; });
  return selection;
}

void Selection::append_label(std::string& text, std::span<const double> row) const {
  switch (objective_) {
    case Objective::logistic: text += row[0] > 0.5 ? '1' : '0'; return;
    case Objective::logitraw: text += row[0] > 0 ? '1' : '0'; return;
    case Objective::softprob: text += std::to_string(std::max_element(row.begin(), row.end()) - row.begin()); return;
    default: append_number(text, row[0]);
  }
}

void Selection::append_value(std::string& text, Key key, std::span<const double> row, bool json) const {
  const bool several = objective_ == Objective::softprob;
  switch (key) {
    case Key::predicted_label: append_label(text, row); return;
    case Key::labels: {
      text += '[';
      const std::size_t count = objective_ == Objective::softmax || several ? classes_ : 2;
      for (std::size_t label = 0; label < count; ++label) text += (label > 0 ? ", " : "") + std::to_string(label);
      text += ']';
      return;
    }
    case Key::probability:
    case Key::raw_score: append_number(text, several ? *std::max_element(row.begin(), row.end()) : row[0], json); return;
    case Key::probabilities:
    case Key::raw_scores: {
      const std::vector<double> values = several ? std::vector<double>(row.begin(), row.end()) : std::vector<double>{1.0 - row[0], row[0]};
      append_list(text, values, json);
      return;
    }
    case Key::predicted_score: append_number(text, row[0], json); return;
    case Key::unknown: text += json ? "NaN" : "nan";
  }
}

void Selection::append_csv(std::string& text, std::span<const double> row) const {
  for (std::size_t at = 0; at < asked_.size(); ++at) {
    const Key key = asked_[at].key;
    const bool list = key == Key::labels || key == Key::probabilities || key == Key::raw_scores;
    if (at > 0) text += ',';
    if (list) text += '"';
    append_value(text, key, row, false);
    if (list) text += '"';
  }
}

void Selection::append_json(std::string& text, std::span<const double> row) const {
  text += '{';
  for (std::size_t at = 0; at < ordered_.size(); ++at) {
    text += fmt::format("{}\"{}\": ", at > 0 ? ", " : "", shown(ordered_[at].name));
    append_value(text, ordered_[at].key, row, true);
  }
  text += '}';
}

}  // namespace clary::model_server
