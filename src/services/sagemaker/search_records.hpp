// The resource types that Search finds, and their records as it answers them. Thread rule: pure functions over the Session that they are given.
// Invariant: what a filter compares is what the answer shows.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "search/index.hpp"
#include "services/sagemaker/resources.hpp"

namespace clary::services::sagemaker {

enum class Purpose { index, answer };

struct Searched {
  std::string_view resource;  // the ResourceType
  std::string_view kind;      // of its records
  std::string_view member;    // of SearchRecord
  Outcome<SearchRecord> (*read)(meta::Session&, const meta::Record&, Purpose);

  const wire::Shape& shape() const;  // of that member
};

std::span<const Searched> searched_types();
const Searched* find_searched(std::string_view resource);

// For the index: the record's properties, and whose others are made of it.
Outcome<search::Reading> read_for_index(meta::Session& session, std::int64_t id);

}  // namespace clary::services::sagemaker
