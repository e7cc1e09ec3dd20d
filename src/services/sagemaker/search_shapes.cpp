#include "services/sagemaker/search_shapes.hpp"

#include <algorithm>

namespace clary::services::sagemaker {

namespace {

constexpr NamedList named_lists[] = {
    {"Tag", "Key", "Value", "", false},
    {"TrialComponentMetricSummary", "MetricName", "", "", true},
    {"MetricData", "MetricName", "Value", "Metrics", false},
};

}  // namespace

const NamedList* find_named_list(const wire::Shape& element) {
  const auto* found =
      std::find_if(std::begin(named_lists), std::end(named_lists), [&](const NamedList& list) { return list.element == element.name; });
  return found == std::end(named_lists) ? nullptr : found;
}

std::string below_list(std::string_view path, const NamedList& list) {
  if (list.columns.empty()) return std::string(path);
  const auto dot = path.rfind('.');
  return std::string(path.substr(0, dot == std::string_view::npos ? 0 : dot + 1)) += list.columns;
}

bool is_statistic(const wire::Field& field) {
  return field.shape->kind == wire::Kind::real || field.shape->kind == wire::Kind::integer || field.shape->kind == wire::Kind::timestamp;
}

bool is_either(const wire::Shape& shape) { return shape.name == "TrialComponentParameterValue"; }

bool is_searched(const wire::Shape& structure, const wire::Field& field) {
  // A trial may have very many components, and each that it gets would have all of them read and kept anew.
  return structure.name != "Trial" || field.name != "TrialComponentSummaries";
}

}  // namespace clary::services::sagemaker
