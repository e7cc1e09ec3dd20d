#include "search/column.hpp"

#include <gtest/gtest.h>
#include <map>
#include <random>

#include "search/strings.hpp"

namespace clary::search {
namespace {

std::map<std::uint32_t, double> all_of(const Column& column) {
  std::map<std::uint32_t, double> cells;
  std::int64_t before = -1;
  column.each([&](std::uint32_t row, Cell cell) {
    EXPECT_GT(static_cast<std::int64_t>(row), before) << "out of order";
    before = row;
    cells[row] = cell.number();
  });
  return cells;
}

TEST(CellTest, AValueIsWhatItWasMadeOf) {
  EXPECT_TRUE(Cell().is_absent());
  EXPECT_TRUE(Cell::number(0.5).is_number());
  EXPECT_EQ(Cell::number(-0.25).number(), -0.25);
  EXPECT_TRUE(Cell::number(HUGE_VAL).is_number());
  EXPECT_TRUE(Cell::number(-HUGE_VAL).is_number());
  EXPECT_TRUE(Cell::number(std::nan("")).is_absent());
  EXPECT_TRUE(Cell::number(-std::nan("")).is_absent());
  const Cell text = Cell::text(0xFFFF'FFFE);
  EXPECT_TRUE(text.is_text() && !text.is_number() && !text.is_absent());
  EXPECT_EQ(text.text(), 0xFFFF'FFFE);
  EXPECT_FALSE(text.number() <= 1e300 || text.number() >= -1e300) << "a text compares with no number";
  EXPECT_FALSE(Cell().number() <= 1e300 || Cell().number() >= -1e300);
}

TEST(ColumnTest, KeepsWhatFewRowsHave) {
  Column column;
  EXPECT_TRUE(column.empty());
  for (std::uint32_t row : {70'000U, 5U, 1'000'000U}) column.set(row, Cell::number(row));
  EXPECT_EQ(all_of(column), (std::map<std::uint32_t, double>{{5, 5}, {70'000, 70'000}, {1'000'000, 1'000'000}}));
  EXPECT_LT(column.bytes(), 1000U) << "a column of few cells is small, wherever they are";
  EXPECT_TRUE(column.get(6).is_absent());
  EXPECT_TRUE(column.get(2'000'000).is_absent());
  column.set(5, {});
  column.set(5, {});
  column.set(70'000, Cell::number(1));
  EXPECT_EQ(all_of(column), (std::map<std::uint32_t, double>{{70'000, 1}, {1'000'000, 1'000'000}}));
  column.set(70'000, {});
  column.set(1'000'000, {});
  EXPECT_TRUE(column.empty());
}

TEST(ColumnTest, AChunkThatFillsAndEmptiesIsTheSame) {
  std::mt19937 random(7);
  std::map<std::uint32_t, double> wanted;
  Column column;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint32_t row = random() % 3000;
    // More comes than goes at first, then the other way round.
    if (random() % 10 < (step < 10'000 ? 8U : 2U)) {
      column.set(row, Cell::number(step));
      wanted[row] = step;
    } else {
      column.set(row, {});
      wanted.erase(row);
    }
  }
  EXPECT_EQ(all_of(column), wanted);
  for (std::uint32_t row = 0; row < 3100; ++row) EXPECT_EQ(column.get(row).is_number(), wanted.contains(row)) << row;
}

TEST(ColumnTest, CellsThatAreAlikeCostABit) {
  Column column;
  std::map<std::uint32_t, double> wanted;
  for (std::uint32_t row = 0; row < 4096; ++row) {
    column.set(row, Cell::number(7));
    wanted[row] = 7;
  }
  EXPECT_LT(column.bytes(), 3000U);
  EXPECT_EQ(all_of(column), wanted);
  for (std::uint32_t row : {5U, 5U, 1030U}) {
    column.set(row, {});
    wanted.erase(row);
  }
  column.set(1030, Cell::number(7));
  column.set(2100, Cell::number(8));
  wanted[1030] = 7;
  wanted[2100] = 8;
  EXPECT_EQ(all_of(column), wanted);
  EXPECT_TRUE(column.get(5).is_absent());
  EXPECT_EQ(column.get(6).number(), 7);
  for (std::uint32_t row = 0; row < 4096; ++row) column.set(row, {});
  EXPECT_TRUE(column.empty());
}

TEST(StringsTest, ATextHasOneNumber) {
  Strings strings;
  EXPECT_FALSE(strings.find("a"));
  std::vector<std::string> texts{"", "a", std::string("\0", 1), std::string(100'000, 'x')};
  for (int i = 0; i < 10'000; ++i) texts.push_back("text " + std::to_string(i));
  std::vector<std::uint32_t> ids;
  for (const std::string& text : texts) ids.push_back(strings.intern(text));
  EXPECT_EQ(strings.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(strings.text(ids[i]), texts[i]);
    EXPECT_EQ(strings.intern(texts[i]), ids[i]);
    EXPECT_EQ(strings.find(texts[i]), ids[i]);
  }
  EXPECT_EQ(strings.size(), texts.size());
  EXPECT_FALSE(strings.find("text"));
}

}  // namespace
}  // namespace clary::search
