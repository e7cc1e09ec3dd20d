#include "model_server/open_inference.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "model_server/answers.hpp"
#include "model_server/json_member.hpp"

namespace clary::model_server {

namespace json = boost::json;

namespace {

// A tensor's numbers, nested as its shape or flat; what is deeper than a table has is refused by the count.
bool flatten(const json::array& list, Rows& to, int depth = 0) {
  for (const auto& one : list) {
    if (const auto* inner = one.if_array()) {
      if (depth > 1 || !flatten(*inner, to, depth + 1)) return false;
    } else if (one.is_null()) {
      to.add(missing);
    } else if (one.is_bool()) {
      to.add(one.get_bool() ? 1 : 0);
    } else if (!one.is_number() || !to.add(one.to_number<double>())) {
      return false;
    }
  }
  return true;
}

// [rows, columns], or [columns] for one row.
std::optional<std::pair<std::size_t, std::size_t>> table_of(const json::value* shape) {
  const auto* list = shape ? shape->if_array() : nullptr;
  if (!list || list->empty() || list->size() > 2) return std::nullopt;
  std::size_t sizes[2] = {1, 1};
  for (std::size_t at = 0; at < list->size(); ++at) {
    constexpr std::int64_t largest_size = std::int64_t{1} << 31;
    const auto* size = (*list)[at].if_int64();
    if (!size || *size < 1 || *size > largest_size) return std::nullopt;
    sizes[2 - list->size() + at] = static_cast<std::size_t>(*size);
  }
  return std::pair{sizes[0], sizes[1]};
}

bool is_numeric(const json::value* type) {
  const auto* text = type ? type->if_string() : nullptr;
  if (!text) return false;
  for (const char* known : {"FP32", "FP64", "FP16", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "BOOL"})
    if (*text == known) return true;
  return false;
}

}  // namespace

std::string server_metadata() {
  return json::serialize(json::object{{"name", "clary-model-server"}, {"version", CLARY_VERSION}, {"extensions", json::array{}}});
}

std::string model_metadata(std::string_view name, const ModelFacts& facts) {
  const auto tensor = [](std::string_view called, std::string_view datatype, std::size_t width) {
    const std::int64_t size = width > 0 ? static_cast<std::int64_t>(width) : -1;
    return json::object{{"name", called}, {"datatype", datatype}, {"shape", json::array{-1, size}}};
  };
  return json::serialize(json::object{{"name", name},
                                      {"versions", json::array{}},
                                      {"platform", facts.framework},
                                      {"inputs", json::array{tensor(facts.input, facts.doubles ? "FP64" : "FP32", facts.columns.value_or(0))}},
                                      {"outputs", json::array{tensor(facts.output, facts.datatype, facts.width)}}});
}

Outcome<InferRequest> read_infer(std::string_view body, const ModelFacts& facts) {
  boost::system::error_code code;
  json::monotonic_resource memory;
  const json::value document = json::parse(json::string_view(body.data(), body.size()), code, &memory);
  if (code) return validation("The request is not valid JSON: {}.", code.message());
  InferRequest request;
  request.rows.doubled = facts.doubles;
  if (const auto* id = member(&document, "id"); id && id->is_string()) request.id = id->get_string();
  const auto* inputs = member(&document, "inputs");
  if (!inputs || !inputs->is_array() || inputs->get_array().size() != 1) return validation("The request has not one input, as the model has.");
  const json::value& input = inputs->get_array().front();
  if (!is_numeric(member(&input, "datatype"))) return validation("The input's datatype is not one of numbers.");
  const auto table = table_of(member(&input, "shape"));
  if (!table) return validation("The input's shape is neither [rows, columns] nor [columns].");
  const auto* data = member(&input, "data");
  if (!data || !data->is_array() || !flatten(data->get_array(), request.rows)) return validation("The input's data are not a list of numbers.");
  if (request.rows.size() != table->first * table->second)
    return validation("The input has {} numbers; its shape has {}.", request.rows.size(), table->first * table->second);
  CHECK_OK(check_columns("The input", table->second, facts.columns));
  request.rows.count = table->first;
  request.rows.columns = table->second;
  return request;
}

std::string infer_answer(std::string_view name, const ModelFacts& facts, const InferRequest& request, const Scores& scores) {
  std::string text = "{\"model_name\":" + json::serialize(json::string_view(name.data(), name.size()));
  if (!request.id.empty()) text += ",\"id\":" + json::serialize(request.id);
  text += fmt::format(",\"outputs\":[{{\"name\":{},\"datatype\":\"{}\",\"shape\":[{},{}],\"data\":[", json::serialize(json::string_view(facts.output)),
                      facts.datatype, request.rows.count, scores.width);
  for (std::size_t at = 0; at < scores.values.size(); ++at) {
    if (at > 0) text += ',';
    if (std::isfinite(scores.values[at])) {
      append_number(text, scores.values[at]);
    } else {
      text += "null";
    }
  }
  return text + "]}]}";
}

std::string error_body(std::string_view message) { return json::serialize(json::object{{"error", message}}); }

}  // namespace clary::model_server
