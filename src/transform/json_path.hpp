// The JSONPath of InputFilter and OutputFilter, in the part that batch transform has: $, .name, ['name','name'], [n,m],
// [a:b], unions of indexes and slices, and *. A plain value. Invariant: one that parses gives for any document a piece of
// it, or an Error that says what the document lacks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/outcome.hpp"

namespace clary::transform {

class JsonPath {
 public:
  static Outcome<JsonPath> parse(std::string_view text);  // "" and "$": all

  bool all() const { return steps_.empty(); }
  // Whether a row of CSV can be cut by it: one step of indexes or *, at the most.
  bool for_rows() const;
  // A JSON text.
  Outcome<std::string> of_json(std::string_view document) const;
  // Fields of a row, in the order of the path.
  Outcome<std::vector<std::string_view>> of_row(const std::vector<std::string_view>& fields) const;

 private:
  struct Range {
    std::optional<std::int64_t> from, to;  // of a slice
    bool single = false;                   // from alone: an index
  };
  struct Every {};
  using Step = std::variant<std::vector<std::string>, std::vector<Range>, Every>;
  class Parser;

  static Outcome<std::vector<std::size_t>> places(const std::vector<Range>& ranges, std::size_t size);
  Outcome<std::string> evaluate(std::string_view document, std::size_t step) const;
  Outcome<std::string> of_names(std::string_view document, const std::vector<std::string>& names, std::size_t step) const;
  Outcome<std::string> of_elements(const std::vector<std::string_view>& elements, std::size_t step) const;

  std::vector<Step> steps_;
};

}  // namespace clary::transform
