// A query as the index runs it: names are those of columns, values are of the kinds that they are compared with. Who speaks to clients makes it.
// Plain values. Invariant: an expression holds at least one condition, at any depth.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace clary::search {

enum class Operator : std::uint8_t { exists, equals, greater, greater_or_equal, less, less_or_equal, contains, in };

// What is asked of one value. A number is compared with numbers, a text with texts: where both are given, each with its own.
struct ValueTest {
  Operator op = Operator::exists;
  std::optional<double> number;
  double width = 0;  // equals: the numbers from `number` to this much beyond it
  std::optional<std::string> text;
  std::vector<std::string> texts;  // in: any of them
  // Texts that are numbers are compared as such, by their whole part alone where `whole` (hyperparameters).
  bool numbers_in_texts = false;
  bool whole = false;
};

// Which values a name stands for.
struct Property {
  enum class Kind : std::uint8_t {
    cell,      // of the first of `columns` that there is
    elements,  // of a list: what has the path `inside` in its elements
    below,     // of every column below `columns`.front() (a structure, a map)
  };
  Kind kind = Kind::cell;
  std::vector<std::string> columns;
  std::string inside;
};

struct Filter {
  Property property;
  ValueTest test;
  bool negated = false;  // rows (elements) of which none of the property's values passes, those without any among them
};

// One and the same element of a list passes all of `filters`, whose properties are paths inside the elements.
struct NestedFilter {
  std::string column;
  std::vector<Filter> filters;
};

struct Expression {
  bool any = false;  // of all conditions one is enough
  std::vector<Filter> filters;
  std::vector<NestedFilter> nested;
  std::vector<Expression> expressions;
};

// Where a row stands in an order: numbers, then texts, and those without a value last in either direction; equals by their ids. Of a text its
// beginning counts.
struct Place {
  enum class Kind : std::uint8_t { number, text, absent };
  Kind kind = Kind::absent;
  double number = 0;
  std::string text;
  std::int64_t id = 0;
};

struct Query {
  std::optional<Expression> where;
  Property order;
  bool descending = false;
  std::size_t limit = 10;
  std::optional<Place> after;  // the last row of the page before
};

struct Found {
  std::vector<std::int64_t> ids;  // of records, in order
  std::size_t total = 0;          // of all pages
  bool more = false;              // beyond this page
  Place last;                     // of `ids`
};

}  // namespace clary::search
