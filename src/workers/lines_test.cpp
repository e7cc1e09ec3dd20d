#include "workers/lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.hpp"

namespace clary::workers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Lines, end_at_newlines_and_keep_the_rest) {
  const CutLines cut = cut_lines("one\n\ntwo\r\nthree", false);
  EXPECT_THAT(cut.lines, ElementsAre("one", "", "two"));
  EXPECT_EQ(cut.consumed, 10u);
  EXPECT_THAT(cut_lines("one\nthree", true).lines, ElementsAre("one", "three"));
  EXPECT_THAT(cut_lines("", true).lines, IsEmpty());
}

TEST(Lines, carriage_returns_end_the_states_of_a_progress_bar) {
  EXPECT_THAT(cut_lines("\r 10%\r 50%\r100%\n", false).lines, ElementsAre(" 10%", " 50%", "100%"));
}

TEST(Lines, a_carriage_return_at_the_end_waits_for_what_follows) {
  CutLines cut = cut_lines("one\r", false);
  EXPECT_THAT(cut.lines, IsEmpty());
  EXPECT_EQ(cut.consumed, 0u);
  EXPECT_THAT(cut_lines("one\r\n", false).lines, ElementsAre("one"));
  EXPECT_THAT(cut_lines("one\r", true).lines, ElementsAre("one"));
}

TEST(Lines, a_long_line_comes_in_pieces_that_end_between_characters) {
  std::string raw(longest_line - 1, 'a');
  raw += "\xC3\xA9";  // e acute, across the cut
  raw += "b";
  EXPECT_THAT(cut_lines(raw.substr(0, longest_line), false).lines, IsEmpty());
  const CutLines cut = cut_lines(raw + "\n", false);
  ASSERT_EQ(cut.lines.size(), 2u);
  EXPECT_EQ(cut.lines[0], std::string(longest_line - 1, 'a'));
  EXPECT_EQ(cut.lines[1],
            "\xC3\xA9"
            "b");
}

TEST(Lines, binary_output_becomes_valid_text_of_bounded_pieces) {
  const std::string raw(longest_line, '\xFF');
  const CutLines cut = cut_lines(raw + "\n", false);
  EXPECT_EQ(cut.consumed, raw.size() + 1);
  ASSERT_GT(cut.lines.size(), 1u);
  std::string all;
  for (const auto& line : cut.lines) {
    EXPECT_TRUE(is_valid_utf8(line));
    EXPECT_LE(line.size(), longest_line);
    all += line;
  }
  EXPECT_EQ(all, to_valid_utf8(raw));
}

}  // namespace
}  // namespace clary::workers
