// The cells of one property over all rows, in chunks of 1024 rows: a chunk without cells is not there, one with few holds them in order, one with
// many holds a bit for each row where they are all alike, else a place. Owned by a table. Thread rule: as the table's. Invariant: each() comes by
// every cell that is not absent once, in order of rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "search/bitmap.hpp"
#include "search/cell.hpp"

namespace clary::search {

class Column {
 public:
  Cell get(std::uint32_t row) const;
  void set(std::uint32_t row, Cell cell);  // absent: takes it away
  bool empty() const { return chunks_.empty(); }
  std::size_t bytes() const;

  template <typename F>
  void each(F&& visit) const {
    for (const Chunk& chunk : chunks_) {
      const std::uint32_t first = chunk.number * chunk_rows;
      for (const Entry& entry : chunk.few) visit(first + entry.row, entry.cell);
      if (chunk.alike.size() > 0) chunk.alike.each([&](std::size_t row) { visit(first + static_cast<std::uint32_t>(row), chunk.value); });
      for (std::uint32_t i = 0; i < chunk.all.size(); ++i) {
        if (!chunk.all[i].is_absent()) visit(first + i, chunk.all[i]);
      }
    }
  }

 private:
  static constexpr std::uint32_t chunk_rows = 1024;
  static constexpr std::size_t most_few = 512;  // beyond it they are as dear as a place for each row
  struct Entry {
    Cell cell;
    std::uint32_t row;  // in the chunk
  };
  struct Chunk {
    std::uint32_t number = 0;
    std::uint32_t count = 0;
    std::vector<Entry> few;
    Cell value;    // of the rows in `alike`
    Bitmap alike;
    std::vector<Cell> all;  // of the three one is not empty
  };
  static void set_in(Chunk& chunk, std::uint32_t row, Cell cell);
  static void set_few(Chunk& chunk, std::uint32_t row, Cell cell);
  static void set_alike(Chunk& chunk, std::uint32_t row, Cell cell);
  static void set_all(Chunk& chunk, std::uint32_t row, Cell cell);

  std::vector<Chunk> chunks_;  // by number
};

}  // namespace clary::search
