// How the shapes of the model stand in the search index where their structure alone does not say it: lists whose elements have names, values that
// are either a number or a text, and what is not searched. Constant, any thread. Invariant: values and names of properties both go by these.
#pragma once

#include <string>
#include <string_view>

#include "wire/shape.hpp"

namespace clary::services::sagemaker {

// A list whose elements are known by name: each is columns of its own, "<columns>.<name>".
struct NamedList {
  std::string_view element;  // its shape
  std::string_view name;     // the member that names it
  std::string_view value;    // the member that is its value; empty: its statistics, each a column
  std::string_view columns;  // in place of the list's own name; empty: that
  bool columns_only;         // or the list is kept as such too, for nested filters
};
const NamedList* find_named_list(const wire::Shape& element);
// The path of its columns, from that of the list.
std::string below_list(std::string_view path, const NamedList& list);
bool is_statistic(const wire::Field& field);

// A structure that stands for its one member that is there.
bool is_either(const wire::Shape& shape);
bool is_searched(const wire::Shape& structure, const wire::Field& field);

}  // namespace clary::services::sagemaker
