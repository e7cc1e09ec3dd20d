#include "services/sagemaker/search_query.hpp"

#include <charconv>
#include <cmath>

#include "meta/page_token.hpp"
#include "services/sagemaker/search_properties.hpp"

namespace clary::services::sagemaker {

namespace {

constexpr std::size_t most_conditions = 50;
constexpr std::int64_t default_page = 10;

std::optional<double> to_number(std::string_view text) {
  double value = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

struct Comparison {
  search::Operator op;
  bool negated = false;
};

Comparison comparison_of(std::string_view op) {
  using search::Operator;
  static constexpr std::pair<std::string_view, Comparison> all[] = {
      {"Equals", {Operator::equals}},
      {"NotEquals", {Operator::equals, true}},
      {"GreaterThan", {Operator::greater}},
      {"GreaterThanOrEqualTo", {Operator::greater_or_equal}},
      {"LessThan", {Operator::less}},
      {"LessThanOrEqualTo", {Operator::less_or_equal}},
      {"Contains", {Operator::contains}},
      {"Exists", {Operator::exists}},
      {"NotExists", {Operator::exists, true}},
      {"In", {Operator::in}},
  };
  // The model's enumeration was checked before.
  return std::find_if(std::begin(all), std::end(all), [&](const auto& entry) { return entry.first == op; })->second;
}

bool is_of_text(search::Operator op) { return op == search::Operator::contains || op == search::Operator::in; }
bool is_of_order(search::Operator op) { return op >= search::Operator::greater && op <= search::Operator::less_or_equal; }

bool fits(PropertyType type, search::Operator op) {
  if (op == search::Operator::exists) return true;
  switch (type) {
    case PropertyType::number:
    case PropertyType::time: return !is_of_text(op);
    case PropertyType::boolean: return op == search::Operator::equals;
    case PropertyType::text: return !is_of_order(op);
    case PropertyType::group: return op == search::Operator::contains;
    case PropertyType::either:
    case PropertyType::number_in_text: return true;
  }
  return false;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (true) {
    const auto comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

Error wrong_value(const Filter& in, std::string_view wanted) {
  return validation("Invalid value '{}' for the property {}: it must be {}.", *in.Value, in.Name, wanted);
}

// The value, as what the property's values are compared with.
Outcome<void> set_value(const Filter& in, PropertyType type, search::ValueTest& test) {
  const std::string& value = *in.Value;
  if (test.op == search::Operator::in) {
    test.texts = split(value);
    return {};
  }
  switch (type) {
    case PropertyType::number:
      test.number = to_number(value);
      if (!test.number) return wrong_value(in, "an integer or a floating-point decimal");
      return {};
    case PropertyType::time: {
      auto time = parse_iso8601(value);
      if (!time) return wrong_value(in, "an ISO 8601 date-time (YYYY-mm-dd'T'HH:MM:SS)");
      test.number = static_cast<double>(time->millis());
      // A time that is told to the second is equal to all of that second.
      test.width = value.find('.') == std::string::npos ? 999 : 0;
      return {};
    }
    case PropertyType::boolean:
      if (!http::equal_ignoring_case(value, "true") && !http::equal_ignoring_case(value, "false")) return wrong_value(in, "true or false");
      test.number = http::equal_ignoring_case(value, "true") ? 1 : 0;
      return {};
    case PropertyType::text:
    case PropertyType::group: test.text = value; return {};
    case PropertyType::either:
    case PropertyType::number_in_text:
      if (test.op != search::Operator::contains) test.number = to_number(value);
      if (is_of_order(test.op) && !test.number) return wrong_value(in, "an integer or a floating-point decimal");
      if (!is_of_order(test.op)) test.text = value;
      test.numbers_in_texts = type == PropertyType::number_in_text && test.number;
      test.whole = test.numbers_in_texts && value.find_first_of(".eE") == std::string::npos;
      return {};
  }
  return {};
}

class Compiler {
 public:
  explicit Compiler(const wire::Shape& resource) : resource_(resource) {}

  Outcome<search::Expression> compile(const SearchExpression& in) {
    search::Expression out;
    out.any = in.Operator == "Or";
    if (!in.Filters && !in.NestedFilters && !in.SubExpressions)
      return validation("A search expression must have at least one subexpression, filter or nested filter.");
    for (const Filter& filter : in.Filters.value_or(std::vector<Filter>{})) {
      CHECK_OK(count());
      TRY(NamedProperty property, need(filter.Name));
      TRY(auto compiled, to_filter(filter, std::move(property)));
      out.filters.push_back(std::move(compiled));
    }
    for (const NestedFilters& nested : in.NestedFilters.value_or(std::vector<NestedFilters>{})) {
      CHECK_OK(count());
      TRY(auto compiled, to_nested(nested));
      out.nested.push_back(std::move(compiled));
    }
    for (const SearchExpression& inner : in.SubExpressions.value_or(std::vector<SearchExpression>{})) {
      CHECK_OK(count());
      TRY(auto compiled, compile(inner));
      out.expressions.push_back(std::move(compiled));
    }
    return out;
  }

  Outcome<NamedProperty> need(const std::string& name) const {
    auto found = find_property(resource_, name);
    if (!found) return validation("Unknown property name: {}", name);
    return *std::move(found);
  }

 private:
  Outcome<void> count() {
    if (++conditions_ <= most_conditions) return {};
    return validation("A search expression can have at most {} subexpressions, nested filters and filters.", most_conditions);
  }

  Outcome<search::Filter> to_filter(const Filter& in, NamedProperty property) {
    const Comparison comparison = comparison_of(in.Operator.value_or("Equals"));
    search::Filter filter{.property = std::move(property.property), .test = {.op = comparison.op}, .negated = comparison.negated};
    if (!fits(property.type, comparison.op))
      return validation("The operator {} is not supported for the property {}.", in.Operator.value_or("Equals"), in.Name);
    if (comparison.op == search::Operator::exists) return filter;
    if (!in.Value) return validation("The filter of the property {} with the operator {} needs a value.", in.Name, in.Operator.value_or("Equals"));
    if (comparison.op == search::Operator::contains) CHECK_OK(count_contains(in.Name));
    CHECK_OK(set_value(in, property.type, filter.test));
    return filter;
  }

  Outcome<search::NestedFilter> to_nested(const NestedFilters& in) {
    TRY(NamedProperty list, need(in.NestedPropertyName));
    if (list.element == nullptr || list.element->kind != wire::Kind::structure)
      return validation("The property {} is no list of objects: it cannot have nested filters.", in.NestedPropertyName);
    search::NestedFilter nested{.column = list.property.columns.front(), .filters = {}};
    for (const Filter& filter : in.Filters) {
      CHECK_OK(count());
      const std::string_view name = filter.Name;
      const std::size_t size = in.NestedPropertyName.size();
      if (!http::equal_ignoring_case(name.substr(0, size), in.NestedPropertyName) || name.substr(size, 1) != ".")
        return validation("The nested filter's property {} is not one of {}.", name, in.NestedPropertyName);
      auto property = find_in_element(*list.element, name.substr(size + 1));
      if (!property) return validation("Unknown property name: {}", name);
      TRY(auto compiled, to_filter(filter, *std::move(property)));
      nested.filters.push_back(std::move(compiled));
    }
    return nested;
  }

  // AWS allows a second Contains on some properties of experiments alone.
  Outcome<void> count_contains(std::string_view name) {
    const bool of_experiments = resource_.name == "Experiment" || resource_.name == "Trial" || resource_.name == "TrialComponent";
    const std::string_view head = name.substr(0, name.find('.'));
    const std::string own_name = fmt::format("{}Name", resource_.name);
    for (std::string_view free : {std::string_view("DisplayName"), std::string_view(own_name), std::string_view("Tags"),
                                  std::string_view("InputArtifacts"), std::string_view("OutputArtifacts")}) {
      if (of_experiments && http::equal_ignoring_case(head, free)) return {};
    }
    if (++contains_ > 1) return validation("'CONTAINS' operator usage limit of 1 exceeded.");
    return {};
  }

  const wire::Shape& resource_;
  std::size_t conditions_ = 0;
  std::size_t contains_ = 0;
};

// All that the order and the rows of a request's pages depend on.
std::string fingerprint_of(const Scope& scope, const SearchRequest& in) {
  SearchRequest asked = in;
  asked.NextToken.reset();
  asked.MaxResults.reset();
  return fmt::format("{}\n{}\n{}", scope.account, scope.region, wire::to_document(SearchRequest_shape, asked));
}

// A place as a page token keeps it: its kind is the first letter of the text.
constexpr std::string_view kind_letters = "nta";

Outcome<search::Place> read_token(const Scope& scope, const SearchRequest& in) {
  TRY(meta::PagePlace kept, meta::read_page_token(fingerprint_of(scope, in), *in.NextToken));
  const auto kind = kept.text.empty() ? std::string_view::npos : kind_letters.find(kept.text.front());
  search::Place place{.id = kept.id};
  place.number = std::bit_cast<double>(kept.number);
  if (kind == std::string_view::npos || std::isnan(place.number)) return validation("Invalid pagination token: it was not made by this query.");
  place.kind = static_cast<search::Place::Kind>(kind);
  place.text = kept.text.substr(1);
  return place;
}

}  // namespace

Outcome<search::Query> to_query(const Searched& type, const Scope& scope, const SearchRequest& in) {
  Compiler compiler(type.shape());
  search::Query query;
  if (in.SearchExpression) {
    TRY(query.where, compiler.compile(*in.SearchExpression));
  }
  const bool is_changed = type.shape().find("LastModifiedTime") != nullptr;
  TRY(NamedProperty order, compiler.need(in.SortBy.value_or(is_changed ? "LastModifiedTime" : "CreationTime")));
  if (order.type == PropertyType::group) return validation("Results cannot be sorted by the property {}.", *in.SortBy);
  query.order = std::move(order.property);
  query.descending = in.SortOrder != "Ascending";
  query.limit = static_cast<std::size_t>(in.MaxResults.value_or(default_page));
  if (in.NextToken && !in.NextToken->empty()) {
    TRY(query.after, read_token(scope, in));
  }
  return query;
}

std::string next_token(const Scope& scope, const SearchRequest& in, const search::Place& last) {
  meta::PagePlace place{.text = std::string(1, kind_letters[static_cast<std::size_t>(last.kind)]) + last.text, .id = last.id};
  place.number = std::bit_cast<std::int64_t>(last.number);
  return meta::make_page_token(fingerprint_of(scope, in), place);
}

}  // namespace clary::services::sagemaker
