#include "search/table.hpp"

#include <cstring>

namespace clary::search {

namespace {

constexpr std::size_t litter_allowed = 16 << 20;

}  // namespace

const Column* Table::column(const std::string& name) const {
  auto entry = names_.find(name);
  return entry == names_.end() ? nullptr : &columns_[entry->second];
}

std::uint32_t Table::column_number(const std::string& name) {
  auto [entry, is_new] = names_.try_emplace(name, static_cast<std::uint32_t>(columns_.size()));
  if (is_new) columns_.emplace_back();
  return entry->second;
}

std::uint32_t Table::new_row(std::int64_t id) {
  std::uint32_t row = 0;
  if (free_.empty()) {
    row = static_cast<std::uint32_t>(ids_.size());
    ids_.push_back(id);
    layouts_.push_back(0);
    live_.resize(ids_.size());
  } else {
    row = free_.back();
    free_.pop_back();
    ids_[row] = id;
  }
  live_.set(row);
  return row;
}

std::vector<std::uint32_t> Table::columns_of(std::uint32_t row) const {
  const std::string_view layout = strings_.text(layouts_[row]);
  std::vector<std::uint32_t> numbers(layout.size() / sizeof(std::uint32_t));
  if (!numbers.empty()) std::memcpy(numbers.data(), layout.data(), layout.size());
  return numbers;
}

void Table::put(std::int64_t id, const Values& values) {
  auto [known, is_new] = rows_.try_emplace(id, 0);
  if (is_new) {
    known->second = new_row(id);
  } else {
    for (std::uint32_t number : columns_of(known->second)) columns_[number].set(known->second, {});
  }
  const std::uint32_t row = known->second;
  std::string layout;
  for (const auto& [name, value] : values) {
    const double* number = std::get_if<double>(&value);
    const Cell cell = number ? Cell::number(*number) : Cell::text(strings_.intern(std::get<std::string>(value)));
    const std::uint32_t column = column_number(name);
    columns_[column].set(row, cell);
    layout.append(reinterpret_cast<const char*>(&column), sizeof(column));
  }
  layouts_[row] = strings_.intern(layout);
}

void Table::erase(std::int64_t id) {
  auto known = rows_.find(id);
  if (known == rows_.end()) return;
  for (std::uint32_t number : columns_of(known->second)) columns_[number].set(known->second, {});
  live_.clear(known->second);
  free_.push_back(known->second);
  rows_.erase(known);
}

bool Table::is_littered() const {
  return strings_.bytes() > 2 * tidy_bytes_ + litter_allowed;
}

Table Table::tidied() const {
  std::vector<const std::string*> names(columns_.size());
  for (const auto& [name, number] : names_) names[number] = &name;
  Table tidy;
  live_.each([&](std::size_t at) {
    const auto row = static_cast<std::uint32_t>(at);
    Values values;
    for (std::uint32_t number : columns_of(row)) {
      const Cell cell = columns_[number].get(row);
      if (cell.is_number()) values.emplace_back(*names[number], cell.number());
      if (cell.is_text()) values.emplace_back(*names[number], std::string(strings_.text(cell.text())));
    }
    tidy.put(ids_[row], values);
  });
  tidy.tidy_bytes_ = tidy.strings_.bytes();
  return tidy;
}

std::size_t Table::bytes() const {
  std::size_t sum = strings_.bytes() + strings_.size() * 24 + ids_.size() * 24;
  for (const Column& column : columns_) sum += column.bytes() + sizeof(Column);
  return sum;
}

}  // namespace clary::search
