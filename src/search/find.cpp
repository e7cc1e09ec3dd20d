#include "search/find.hpp"

#include <algorithm>
#include <limits>

#include "search/filter.hpp"
#include "search/list.hpp"

namespace clary::search {

namespace {

// What of a text counts in an order; the place of a page has to fit into its token.
constexpr std::size_t longest_text = 1024;
constexpr std::uint64_t of_texts = std::numeric_limits<std::uint64_t>::max() - 1;
constexpr std::uint64_t of_absent = std::numeric_limits<std::uint64_t>::max();

// Rows in their order: by `major`, turned over for a descending one, then by text and id.
struct Candidate {
  std::uint64_t major = of_absent;
  std::string_view text;
  std::int64_t id = 0;
};

// Doubles as integers of the same order.
std::uint64_t ordered(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
  return bits >> 63 ? ~bits : bits | std::uint64_t{1} << 63;
}

double value_of(std::uint64_t order) {
  return std::bit_cast<double>(order >> 63 ? order & ~(std::uint64_t{1} << 63) : ~order);
}

class Ordering {
 public:
  Ordering(const Table& table, const Query& query)
      : strings_(table.strings()), property_(query.order), column_(column_of(table, query.order)), descending_(query.descending) {}

  Candidate candidate(std::uint32_t row, std::int64_t id) const {
    Cell cell = column_ ? column_->get(row) : Cell();
    if (cell.is_number()) return of(cell.number(), id);
    if (!cell.is_text()) return {.id = id};
    std::string_view text = strings_.text(cell.text());
    return property_.kind == Property::Kind::elements ? of_list(text, id) : of(text, id);
  }
  Candidate candidate(const Place& place) const {
    if (place.kind == Place::Kind::number) return of(place.number, place.id);
    if (place.kind == Place::Kind::text) return of(std::string_view(place.text), place.id);
    return {.id = place.id};
  }
  Place place(const Candidate& candidate) const {
    Place place{.id = candidate.id};
    if (candidate.major == of_absent) return place;
    const std::uint64_t order = turned(candidate.major);
    place.kind = order == of_texts ? Place::Kind::text : Place::Kind::number;
    if (place.kind == Place::Kind::text) place.text = candidate.text;
    if (place.kind == Place::Kind::number) place.number = value_of(order);
    return place;
  }
  bool operator()(const Candidate& a, const Candidate& b) const {
    if (a.major != b.major) return a.major < b.major;
    if (a.text != b.text) return (a.text < b.text) != descending_;
    return descending_ ? a.id > b.id : a.id < b.id;
  }

 private:
  std::uint64_t turned(std::uint64_t order) const { return descending_ ? ~order : order; }
  Candidate of(double number, std::int64_t id) const { return {turned(ordered(number)), {}, id}; }
  Candidate of(std::string_view text, std::int64_t id) const { return {turned(of_texts), text.substr(0, longest_text), id}; }
  // A list stands where the first of its values stands.
  Candidate of_list(std::string_view list, std::int64_t id) const {
    Candidate found{.id = id};
    each_value(list, [&](const ListValue& value) {
      if (!value.is_at(property_.inside)) return true;
      found = value.is_text ? of(value.text, id) : of(value.number, id);
      return false;
    });
    return found;
  }

  const Strings& strings_;
  const Property& property_;
  const Column* column_;
  const bool descending_;
};

}  // namespace

Found find(const Table& table, const Query& query) {
  const Bitmap rows = query.where ? matching(table, *query.where) : table.live();
  const Ordering order(table, query);
  std::optional<Candidate> after;
  if (query.after) after = order.candidate(*query.after);
  Found found;
  std::vector<Candidate> candidates;
  rows.each([&](std::size_t row) {
    ++found.total;
    Candidate candidate = order.candidate(static_cast<std::uint32_t>(row), table.id_of(row));
    if (!after || order(*after, candidate)) candidates.push_back(candidate);
  });
  found.more = candidates.size() > query.limit;
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(std::min(query.limit, candidates.size()));
  std::partial_sort(candidates.begin(), end, candidates.end(), order);
  for (auto candidate = candidates.begin(); candidate != end; ++candidate) found.ids.push_back(candidate->id);
  if (!found.ids.empty()) found.last = order.place(*(end - 1));
  return found;
}

}  // namespace clary::search
