// A resource as columns of the search index: each scalar under its path ("Status.PrimaryStatus", "Parameters.lr", "Metrics.loss.Min", "Tags.team"),
// a list of structures under its own as one text (search/list.hpp). Thread rule: pure functions. Invariant: the names are those that
// search_properties.hpp makes of a filter's.
#pragma once

#include "search/table.hpp"
#include "wire/shape.hpp"

namespace clary::services::sagemaker {

void add_values(const wire::Shape& shape, const void* structure, search::Values& values);

}  // namespace clary::services::sagemaker
