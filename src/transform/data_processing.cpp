#include "transform/data_processing.hpp"

#include <algorithm>

#include "base/rng.hpp"
#include "transform/json_text.hpp"

namespace clary::transform {

namespace {

// A value may stand on many lines, and a line break is never inside a JSON string.
void append_on_one_line(std::string_view json, std::string& output) {
  for (const char c : json) {
    if (c != '\n' && c != '\r') output += c;
  }
}

Error wrong_filter(std::string_view which, const Error& why) {
  return validation("DataProcessing.{}: {}.", which, why.message);
}

}  // namespace

Format format_of(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  std::transform(type.begin(), type.end(), type.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  while (type.ends_with(' ')) type.pop_back();
  if (type == "text/csv") return Format::csv;
  if (type == "application/jsonlines" || type == "application/x-jsonlines" || type == "application/jsonlines+json") return Format::jsonlines;
  if (type == "application/json") return Format::json;
  return Format::other;
}

std::vector<std::string_view> rows_of(std::string_view text) {
  std::vector<std::string_view> rows;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view row = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (!row.empty()) rows.push_back(row);
  }
  return rows;
}

std::vector<std::string_view> csv_fields(std::string_view row) {
  std::vector<std::string_view> fields;
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < row.size(); ++at) {
    if (row[at] == '"') quoted = !quoted;  // a doubled one closes and opens again
    if (row[at] != ',' || quoted) continue;
    fields.push_back(row.substr(start, at - start));
    start = at + 1;
  }
  fields.push_back(row.substr(start));
  return fields;
}

Outcome<DataProcessing> DataProcessing::make(const DataProcessingSpec& spec, std::string_view content_type,
                                             std::string_view accept) {
  DataProcessing made;
  auto input = JsonPath::parse(spec.input_filter);
  if (!input) return wrong_filter("InputFilter", input.error());
  auto output = JsonPath::parse(spec.output_filter);
  if (!output) return wrong_filter("OutputFilter", output.error());
  made.input_ = *std::move(input);
  made.output_ = *std::move(output);
  made.join_ = spec.join_input;
  made.format_ = format_of(content_type);
  made.output_format_ = accept.empty() ? made.format_ : format_of(accept);
  if (!spec.inference_time.empty() && made.output_format_ == Format::other)
    return validation("GenerateInferenceId needs an output in CSV, JSON or JSON lines (Accept).");
  if (!made.cuts_input() && !made.makes_output()) {
    made.inference_time_ = spec.inference_time;
    return made;
  }
  if (made.format_ == Format::other) {
    return validation(
        "DataProcessing needs the ContentType text/csv, application/jsonlines or application/json, and it is \"{}\".",
        content_type);
  }
  if (made.makes_output() && !accept.empty() && format_of(accept) != made.format_) {
    return validation("To join or filter the output, Accept has to be the ContentType \"{}\", and it is \"{}\".", content_type,
                      accept);
  }
  if (made.format_ == Format::csv && (!made.input_.for_rows() || !made.output_.for_rows()))
    return validation("DataProcessing: of CSV, a filter can choose columns alone, such as $[1:] or $[0,-1].");
  made.inference_time_ = spec.inference_time;
  return made;
}

std::vector<std::string_view> DataProcessing::rows(std::string_view record) const {
  if (format_ == Format::csv || format_ == Format::jsonlines) return rows_of(record);
  return {record};
}

Outcome<void> DataProcessing::cut_input(std::string_view row, std::string& payload) const {
  if (format_ == Format::csv) {
    TRY(const auto fields, input_.of_row(csv_fields(row)));
    for (std::size_t i = 0; i < fields.size(); ++i) payload.append(i > 0 ? "," : "").append(fields[i]);
  } else {
    TRY(const std::string cut, input_.of_json(row));
    append_on_one_line(cut, payload);
  }
  payload += '\n';
  return {};
}

Outcome<void> DataProcessing::csv_row(std::string_view row, std::string_view prediction, std::string& output) const {
  auto fields = csv_fields(prediction);
  if (join_) {
    auto all = csv_fields(row);
    all.insert(all.end(), fields.begin(), fields.end());
    fields = std::move(all);
  }
  TRY(const auto chosen, output_.of_row(fields));
  for (std::size_t i = 0; i < chosen.size(); ++i) output.append(i > 0 ? "," : "").append(chosen[i]);
  return {};
}

Outcome<std::string> DataProcessing::joined_json(std::string_view row, std::string_view prediction) const {
  TRY(const std::string_view value, json_value(row));
  TRY(const std::string_view result, json_value(prediction));
  std::string joined = "{";
  if (!is_json_object(value)) {
    joined.append("\"SageMakerInput\":").append(value).append(",");
  } else {
    TRY(const auto members, json_members(value));
    for (const auto& member : members) {
      if (member.name != "SageMakerOutput") joined.append(member.key).append(":").append(member.value).append(",");
    }
  }
  return joined.append("\"SageMakerOutput\":").append(result).append("}");
}

Outcome<void> DataProcessing::json_row(std::string_view row, std::string_view prediction, std::string& output) const {
  if (!join_) {
    TRY(const std::string cut, output_.of_json(prediction));
    append_on_one_line(cut, output);
    return {};
  }
  TRY(const std::string joined, joined_json(row, prediction));
  TRY(const std::string cut, output_.of_json(joined));
  append_on_one_line(cut, output);
  return {};
}

// To the row that begins at `start`: two columns more, or two members.
void DataProcessing::append_inference(std::size_t start, std::string& output) const {
  const std::string id = random_uuid();
  if (output_format_ == Format::csv) {
    output.append(",").append(id).append(",").append(inference_time_);
    return;
  }
  std::string row = output.substr(start);
  output.resize(start);
  if (is_json_object(row)) {
    row.resize(row.rfind('}'));
    if (row.find('"') != std::string::npos) row += ',';
  } else {
    row.insert(0, "{\"SageMakerOutput\":") += ',';
  }
  output.append(row).append(fmt::format(R"("SageMakerInferenceId":"{}","SageMakerInferenceTime":"{}"}})", id, inference_time_));
}

Outcome<void> DataProcessing::make_output(const std::vector<std::string_view>& rows, std::string_view answer,
                                          std::string& output, std::size_t& failed) const {
  failed = rows.size();
  TRY(const auto predictions, predictions_of(output_format_, answer, rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    failed = i;
    const std::size_t start = output.size();
    const bool csv = output_format_ == Format::csv;
    CHECK_OK(csv ? csv_row(rows[i], predictions[i], output) : json_row(rows[i], predictions[i], output));
    if (!inference_time_.empty()) append_inference(start, output);
    output += '\n';
  }
  return {};
}

Outcome<std::vector<std::string_view>> predictions_of(Format format, std::string_view answer, std::size_t count) {
  if (format != Format::csv && count == 1 && json_value(answer)) return std::vector{answer};
  auto rows = rows_of(answer);
  if (rows.size() == count) return rows;
  if (format == Format::csv) {
    if (rows.size() == 1) {
      if (auto fields = csv_fields(rows.front()); fields.size() == count) return fields;
    }
  } else {
    std::string_view list = answer;
    if (is_json_object(answer)) {
      TRY(const auto members, json_members(answer));
      const auto found = std::find_if(members.begin(), members.end(), [](const JsonMember& of) { return of.name == "predictions"; });
      if (found != members.end()) list = found->value;
    }
    if (is_json_array(list)) {
      TRY(auto elements, json_elements(list));
      if (elements.size() == count) return elements;
    }
  }
  return validation("the model gave {} rows for {} records", rows.size(), count);
}

}  // namespace clary::transform
