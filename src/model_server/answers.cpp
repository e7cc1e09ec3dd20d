#include "model_server/answers.hpp"

#include <charconv>
#include <cmath>

#include "model_server/selection.hpp"

namespace clary::model_server {

namespace {

std::optional<AnswerForm> form_of(std::string_view type) {
  if (type == "text/csv" || type == "csv" || type == "*/*" || type == "text/*") return AnswerForm::csv;
  if (type == "application/json" || type == "json" || type == "application/*") return AnswerForm::json;
  if (type == "application/jsonlines" || type == "application/jsonlines+json") return AnswerForm::json_lines;
  return std::nullopt;
}

}  // namespace

std::optional<AnswerForm> choose_form(std::string_view accept, std::string_view otherwise) {
  if (accept.empty() || media_type(accept) == "*/*") accept = otherwise.empty() ? "text/csv" : otherwise;
  while (true) {
    const auto comma = accept.find(',');
    if (auto form = form_of(media_type(accept.substr(0, comma)))) return form;
    if (comma == std::string_view::npos) return std::nullopt;
    accept.remove_prefix(comma + 1);
  }
}

std::string_view content_type_of(AnswerForm form) {
  switch (form) {
    case AnswerForm::csv: return "text/csv; charset=utf-8";
    case AnswerForm::json: return "application/json";
    case AnswerForm::json_lines: return "application/jsonlines";
  }
  return {};
}

// As Python's repr: digits and a point, or an exponent below 1e-4 and from 1e16 on.
void append_number(std::string& text, double value, bool json) {
  if (!std::isfinite(value)) {
    if (std::isnan(value)) {
      text += json ? "NaN" : "nan";
    } else {
      text += value < 0 ? "-" : "";
      text += json ? "Infinity" : "inf";
    }
    return;
  }
  char digits[40];
  const double size = std::fabs(value);
  if (size == 0 || (size >= 1e-4 && size < 1e16)) {
    const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed).ptr;
    text.append(digits, end);
    if (std::string_view(digits, static_cast<std::size_t>(end - digits)).find('.') == std::string_view::npos) text += ".0";
    return;
  }
  const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific).ptr;
  text.append(digits, end);
}

void AnswerWriter::add_selected(std::span<const double> row) {
  if (style_.form == AnswerForm::csv) {
    if (!first_) text_ += '\n';
    selection_->append_csv(text_, row);
  } else {
    if (style_.form == AnswerForm::json) text_ += first_ ? "{\"predictions\": [" : ", ";
    selection_->append_json(text_, row);
    if (style_.form == AnswerForm::json_lines) text_ += '\n';
  }
  first_ = false;
}

void AnswerWriter::add_row(std::span<const double> row) {
  if (selection_) return add_selected(row);
  if (style_.form == AnswerForm::csv) {
    if (!first_) text_ += style_.lines ? '\n' : ',';
  } else if (style_.form == AnswerForm::json) {
    text_ += first_ ? "{\"predictions\": [{\"score\": " : ", {\"score\": ";
  } else {
    text_ += "{\"score\": ";
  }
  first_ = false;
  const bool list = row.size() != 1 && (style_.lists || style_.form != AnswerForm::csv);
  if (list) text_ += '[';
  for (std::size_t at = 0; at < row.size(); ++at) {
    if (at > 0) text_ += list ? ", " : ",";
    append_number(text_, row[at], style_.form != AnswerForm::csv);
  }
  if (list) text_ += ']';
  if (style_.form == AnswerForm::json) text_ += '}';
  if (style_.form == AnswerForm::json_lines) text_ += "}\n";
}

void AnswerWriter::add(const Scores& scores) {
  for (std::size_t at = 0; at + scores.width <= scores.values.size(); at += scores.width) add_row(scores.values.subspan(at, scores.width));
}

std::string AnswerWriter::finish() {
  if (style_.form == AnswerForm::json) text_ += first_ ? "{\"predictions\": []}" : "]}";
  if (style_.form == AnswerForm::csv && style_.lines && !first_) text_ += '\n';
  return std::move(text_);
}

}  // namespace clary::model_server
