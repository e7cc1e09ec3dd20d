// The records of one type in one account and region, a row each, a column for each property that any of them has. Owned by the index. Thread rule:
// many readers or one writer. Invariant: a row holds the cells of its record's last put() and no others.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "search/bitmap.hpp"
#include "search/column.hpp"
#include "search/strings.hpp"

namespace clary::search {

using Value = std::variant<double, std::string>;
using Values = std::vector<std::pair<std::string, Value>>;  // of one record, by property; each property once

class Table {
 public:
  void put(std::int64_t id, const Values& values);
  void erase(std::int64_t id);

  const Strings& strings() const { return strings_; }
  const Bitmap& live() const { return live_; }
  std::int64_t id_of(std::size_t row) const { return ids_[row]; }
  const Column* column(const std::string& name) const;
  // Calls back with name and column, in order of names, for those that begin with the prefix, until it returns false.
  template <typename F>
  void each_column(std::string_view prefix, F&& visit) const {
    for (auto entry = names_.lower_bound(prefix); entry != names_.end() && entry->first.starts_with(prefix); ++entry) {
      if (!columns_[entry->second].empty() && !visit(entry->first, columns_[entry->second])) return;
    }
  }
  // What changes and goes leaves texts and empty columns behind: whether they are more than what is needed.
  bool is_littered() const;
  Table tidied() const;
  std::size_t bytes() const;

 private:
  std::uint32_t column_number(const std::string& name);
  std::uint32_t new_row(std::int64_t id);
  std::vector<std::uint32_t> columns_of(std::uint32_t row) const;

  Strings strings_;
  std::map<std::string, std::uint32_t, std::less<>> names_;
  std::vector<Column> columns_;
  std::vector<std::int64_t> ids_;
  // Which columns a row has: the numbers of the columns, as a text. Most rows share theirs.
  std::vector<std::uint32_t> layouts_;
  Bitmap live_;
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::int64_t, std::uint32_t> rows_;
  std::size_t tidy_bytes_ = 0;  // of the texts when it was last tidied
};

}  // namespace clary::search
