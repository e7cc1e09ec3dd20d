#include "search/column.hpp"

#include <algorithm>

namespace clary::search {

Cell Column::get(std::uint32_t row) const {
  const std::uint32_t number = row / chunk_rows, inside = row % chunk_rows;
  // Most columns have all chunks, and then each stands at its number.
  auto chunk = number < chunks_.size() && chunks_[number].number == number
                   ? chunks_.begin() + number
                   : std::lower_bound(chunks_.begin(), chunks_.end(), number, [](const Chunk& c, std::uint32_t n) { return c.number < n; });
  if (chunk == chunks_.end() || chunk->number != number) return {};
  if (!chunk->all.empty()) return chunk->all[inside];
  if (chunk->alike.size() > 0) return chunk->alike.test(inside) ? chunk->value : Cell();
  auto entry =
      std::lower_bound(chunk->few.begin(), chunk->few.end(), inside, [](const Entry& e, std::uint32_t r) { return e.row < r; });
  return entry == chunk->few.end() || entry->row != inside ? Cell() : entry->cell;
}

void Column::set(std::uint32_t row, Cell cell) {
  const std::uint32_t number = row / chunk_rows;
  auto chunk = std::lower_bound(chunks_.begin(), chunks_.end(), number, [](const Chunk& c, std::uint32_t n) { return c.number < n; });
  if (chunk == chunks_.end() || chunk->number != number) {
    if (cell.is_absent()) return;
    chunk = chunks_.insert(chunk, Chunk());
    chunk->number = number;
  }
  set_in(*chunk, row % chunk_rows, cell);
  if (chunk->count == 0) chunks_.erase(chunk);
}

void Column::set_in(Chunk& chunk, std::uint32_t row, Cell cell) {
  if (!chunk.all.empty()) return set_all(chunk, row, cell);
  if (chunk.alike.size() > 0) return set_alike(chunk, row, cell);
  set_few(chunk, row, cell);
}

void Column::set_all(Chunk& chunk, std::uint32_t row, Cell cell) {
  Cell& place = chunk.all[row];
  if (!place.is_absent()) --chunk.count;
  if (!cell.is_absent()) ++chunk.count;
  place = cell;
}

void Column::set_alike(Chunk& chunk, std::uint32_t row, Cell cell) {
  if (cell.is_absent() || cell == chunk.value) {
    if (chunk.alike.test(row)) --chunk.count;
    if (!cell.is_absent()) ++chunk.count;
    cell.is_absent() ? chunk.alike.clear(row) : chunk.alike.set(row);
    return;
  }
  chunk.all.resize(chunk_rows);
  chunk.alike.each([&](std::size_t other) { chunk.all[other] = chunk.value; });
  chunk.alike = Bitmap();
  set_all(chunk, row, cell);
}

void Column::set_few(Chunk& chunk, std::uint32_t row, Cell cell) {
  auto& few = chunk.few;
  auto entry = std::lower_bound(few.begin(), few.end(), row, [](const Entry& e, std::uint32_t r) { return e.row < r; });
  const bool there = entry != few.end() && entry->row == row;
  if (cell.is_absent()) {
    if (there) few.erase(entry);
  } else if (there) {
    entry->cell = cell;
  } else {
    few.insert(entry, Entry{cell, row});
  }
  chunk.count = static_cast<std::uint32_t>(few.size());
  if (few.size() < most_few) return;
  if (std::all_of(few.begin(), few.end(), [&](const Entry& e) { return e.cell == few.front().cell; })) {
    chunk.value = few.front().cell;
    chunk.alike = Bitmap(chunk_rows);
    for (const Entry& e : few) chunk.alike.set(e.row);
  } else {
    chunk.all.resize(chunk_rows);
    for (const Entry& e : few) chunk.all[e.row] = e.cell;
  }
  few = std::vector<Entry>();  // gives its memory back
}

std::size_t Column::bytes() const {
  std::size_t sum = chunks_.capacity() * sizeof(Chunk);
  for (const Chunk& chunk : chunks_)
    sum += chunk.few.capacity() * sizeof(Entry) + chunk.alike.size() / 8 + chunk.all.capacity() * sizeof(Cell);
  return sum;
}

}  // namespace clary::search
