#include "search/filter.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "search/list.hpp"

namespace clary::search {

namespace {

bool compare(const ValueTest& test, double value) {
  const double wanted = *test.number;
  if (test.whole) value = std::trunc(value);
  switch (test.op) {
    case Operator::equals: return value >= wanted && value <= wanted + test.width;
    case Operator::greater: return value > wanted;
    case Operator::greater_or_equal: return value >= wanted;
    case Operator::less: return value < wanted;
    case Operator::less_or_equal: return value <= wanted;
    default: return false;
  }
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Asks a test of cells; of each distinct text once.
template <typename OfText>
class Judge {
 public:
  Judge(const ValueTest& test, const Strings& strings, OfText of_text) : test_(test), strings_(strings), of_text_(of_text) {}

  bool operator()(Cell cell) {
    if (cell.is_text()) return of_text(cell.text());
    return !cell.is_absent() && passes(test_, cell.number());
  }

 private:
  bool of_text(std::uint32_t id) {
    enum : std::uint8_t { unknown, no, yes };
    if (known_.empty()) known_.resize(strings_.size(), unknown);
    if (known_[id] == unknown) known_[id] = of_text_(strings_.text(id)) ? yes : no;
    return known_[id] == yes;
  }
  const ValueTest& test_;
  const Strings& strings_;
  OfText of_text_;
  std::vector<std::uint8_t> known_;
};

template <typename OfText>
void mark(const Table& table, const Column& column, const ValueTest& test, OfText of_text, Bitmap& into) {
  Judge judge(test, table.strings(), of_text);
  column.each([&](std::uint32_t row, Cell cell) {
    if (judge(cell)) into.set(row);
  });
}

// A text that is to be equal is looked up once, and then only numbers are compared.
void mark_equal(const Table& table, const Column& column, const ValueTest& test, Bitmap& into) {
  auto id = test.text ? table.strings().find(*test.text) : std::nullopt;
  const Cell wanted = id ? Cell::text(*id) : Cell();
  column.each([&](std::uint32_t row, Cell cell) {
    if (cell == wanted || (!cell.is_text() && passes(test, cell.number()))) into.set(row);
  });
}

void mark_numbers(const Column& column, const ValueTest& test, Bitmap& into) {
  column.each([&](std::uint32_t row, Cell cell) {
    if (compare(test, cell.number())) into.set(row);
  });
}

void mark_all(const Column& column, Bitmap& into) {
  column.each([&](std::uint32_t row, Cell) { into.set(row); });
}

void mark_cells(const Table& table, const Column& column, const ValueTest& test, Bitmap& into) {
  if (test.op == Operator::exists) return mark_all(column, into);
  if (test.number && !test.text && !test.numbers_in_texts) return mark_numbers(column, test, into);
  if (test.op == Operator::equals && !test.numbers_in_texts) return mark_equal(table, column, test, into);
  mark(table, column, test, [&](std::string_view text) { return passes(test, text); }, into);
}

bool has_value(std::string_view list, std::string_view inside, const ValueTest& test) {
  bool found = false;
  each_value(list, [&](const ListValue& value) {
    found = value.is_at(inside) && (value.is_text ? passes(test, value.text) : passes(test, value.number));
    return !found;
  });
  return found;
}

void mark_below(const Table& table, const std::string& name, const ValueTest& test, Bitmap& into) {
  table.each_column(name + ".", [&](const std::string& below, const Column& column) {
    // The names in a map are part of what it contains.
    const bool named = test.op == Operator::contains && std::string_view(below).substr(name.size() + 1).find(*test.text) != std::string::npos;
    if (named) {
      mark_all(column, into);
    } else {
      mark_cells(table, column, test, into);
    }
    return true;
  });
}

Bitmap negated(const Table& table, const Bitmap& bitmap) {
  Bitmap others = table.live();
  others -= bitmap;
  return others;
}

Bitmap matching(const Table& table, const Filter& filter) {
  Bitmap found(table.live().size());
  const Property& property = filter.property;
  if (property.kind == Property::Kind::below) {
    mark_below(table, property.columns.front(), filter.test, found);
  } else if (const Column* column = column_of(table, property)) {
    if (property.kind == Property::Kind::elements) {
      mark(table, *column, filter.test, [&](std::string_view list) { return has_value(list, property.inside, filter.test); }, found);
    } else {
      mark_cells(table, *column, filter.test, found);
    }
  }
  return filter.negated ? negated(table, found) : found;
}

bool all_in_one_element(std::string_view list, const std::vector<Filter>& filters) {
  // For each element, the filters that one of its values passes.
  std::vector<std::uint32_t> passed;
  each_value(list, [&](const ListValue& value) {
    if (value.element >= passed.size()) passed.resize(value.element + 1);
    for (std::size_t i = 0; i < filters.size(); ++i) {
      const bool passes_it = value.is_at(filters[i].property.inside) &&
                             (value.is_text ? passes(filters[i].test, value.text) : passes(filters[i].test, value.number));
      if (passes_it) passed[value.element] |= 1U << i;
    }
    return true;
  });
  std::uint32_t wanted = 0;
  for (std::size_t i = 0; i < filters.size(); ++i) wanted |= filters[i].negated ? 0 : 1U << i;
  return std::find(passed.begin(), passed.end(), wanted) != passed.end();
}

Bitmap matching(const Table& table, const NestedFilter& nested) {
  Bitmap found(table.live().size());
  if (const Column* column = table.column(nested.column))
    mark(table, *column, {}, [&](std::string_view list) { return all_in_one_element(list, nested.filters); }, found);
  return found;
}

}  // namespace

bool passes(const ValueTest& test, double number) {
  if (test.op == Operator::exists) return true;
  return test.number && compare(test, number);
}

bool passes(const ValueTest& test, std::string_view text) {
  switch (test.op) {
    case Operator::exists: return true;
    case Operator::contains: return text.find(*test.text) != std::string_view::npos;
    case Operator::in: return std::find(test.texts.begin(), test.texts.end(), text) != test.texts.end();
    case Operator::equals:
      if (test.text && text == *test.text) return true;
      break;
    default: break;
  }
  if (!test.number || !test.numbers_in_texts) return false;
  auto number = number_in(text);
  return number && compare(test, *number);
}

const Column* column_of(const Table& table, const Property& property) {
  for (const std::string& name : property.columns) {
    const Column* column = table.column(name);
    if (column && !column->empty()) return column;
  }
  return nullptr;
}

Bitmap matching(const Table& table, const Expression& expression) {
  std::optional<Bitmap> found;
  auto add = [&](const auto& condition) {
    Bitmap one = matching(table, condition);
    if (!found) {
      found = std::move(one);
    } else if (expression.any) {
      *found |= one;
    } else {
      *found &= one;
    }
  };
  for (const Filter& filter : expression.filters) add(filter);
  for (const NestedFilter& nested : expression.nested) add(nested);
  for (const Expression& inner : expression.expressions) add(inner);
  return found ? *std::move(found) : table.live();
}

}  // namespace clary::search
