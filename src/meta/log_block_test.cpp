#include "meta/log_block.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace clary::meta {
namespace {

TEST(LogBlockTest, KeepsTimesAndText) {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  BlockBuilder builder;
  builder.add(-most, 7, "");
  builder.add(5, 3, std::string(300, 'x'));
  builder.add(5, most, "\xc3\xa9");
  builder.add(most, -1, "last");
  EXPECT_EQ(builder.events(), 4);
  EXPECT_EQ(builder.first(), -most);
  EXPECT_EQ(builder.last(), most);
  EXPECT_EQ(builder.stored(), 306 + 4 * event_overhead);
  auto extended = BlockBuilder::extend(builder.take());
  ASSERT_TRUE(extended.ok());
  extended->add(most, 9, "more");
  EXPECT_EQ(extended->stored(), 310 + 5 * event_overhead);
  const std::string data = extended->take();
  auto events = decode_block(data);
  ASSERT_TRUE(events.ok());
  ASSERT_EQ(events->size(), 5u);
  EXPECT_EQ((*events)[0].timestamp, -most);
  EXPECT_EQ((*events)[0].message, "");
  EXPECT_EQ((*events)[1].ingestion, 3);
  EXPECT_EQ((*events)[1].message.size(), 300u);
  EXPECT_EQ((*events)[2].ingestion, most);
  EXPECT_EQ((*events)[3].ingestion, -1);
  EXPECT_EQ((*events)[4].timestamp, most);
  EXPECT_EQ((*events)[4].message, "more");
}

TEST(LogBlockTest, BrokenBytesAreAnErrorNotACrash) {
  BlockBuilder builder;
  for (int i = 0; i < 10; ++i) builder.add(i, i, "some text");
  const std::string whole = builder.take();
  EXPECT_FALSE(decode_block("").ok());
  EXPECT_FALSE(decode_block("\x02").ok());
  EXPECT_FALSE(decode_block(std::string("\x01") + std::string(20, '\xff')).ok());
  EXPECT_FALSE(decode_block(whole.substr(0, whole.size() - 1)).ok());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto bent = whole;
    bent[at] = static_cast<char>(bent[at] ^ 0x80);
    (void)decode_block(bent).ok();
  }
}

}  // namespace
}  // namespace clary::meta
