// The names of properties as filters and orders have them ("DisplayName", "metrics.test:accuracy.max", "Parents.TrialName"), against the shape of a
// resource. Members of the model and statistics are known in any case; the names that users gave (of parameters, metrics, tags, artifacts) are theirs
// to the letter, dots and colons included. Thread rule: pure functions. Invariant: what is found has the columns that search_values.hpp writes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/query.hpp"
#include "wire/shape.hpp"

namespace clary::services::sagemaker {

enum class PropertyType : std::uint8_t {
  number,
  time,
  boolean,
  text,
  either,          // a number or a text, as each record has it: parameters
  number_in_text,  // a text that may be a number: hyperparameters
  group,           // a structure or a map: all that is in it
};

struct NamedProperty {
  PropertyType type = PropertyType::text;
  search::Property property;
  const wire::Shape* element = nullptr;  // of a list as a whole
};

std::optional<NamedProperty> find_property(const wire::Shape& resource, std::string_view name);
// A property of one element of a list, whose path is `property.inside`.
std::optional<NamedProperty> find_in_element(const wire::Shape& element, std::string_view name);
// All properties that the shape alone names, in order.
std::vector<std::string> property_names(const wire::Shape& resource);

}  // namespace clary::services::sagemaker
