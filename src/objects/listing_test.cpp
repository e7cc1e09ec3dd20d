#include "objects/listing.hpp"

#include "objects/objects_fixture.hpp"

namespace clary::objects {
namespace {

class ListingTest : public ObjectsFixture {
 protected:
  ListingTest() { in_memory_ = true; }
  void put_all(const std::vector<std::string>& keys) {
    for (const auto& key : keys) ASSERT_TRUE(put(key, "x").ok());
  }
  // Keys and, in brackets, prefixes, in the order given, over all pages.
  std::string pages(std::string_view prefix, std::string_view delimiter, std::int64_t limit, std::string after = "") {
    std::string text;
    while (true) {
      auto page = objects_->list("digits", prefix, delimiter, after, limit);
      if (!page) return page.error().message;
      std::vector<std::string> names;
      for (const auto& object : page->objects) names.push_back(object.key);
      for (const auto& group : page->prefixes) names.push_back("[" + group + "]");
      EXPECT_LE(names.size(), static_cast<std::size_t>(limit));
      std::ranges::sort(names, {},
                        [](const std::string& name) { return name.starts_with('[') ? name.substr(1) : name; });
      for (const auto& name : names) text += name + " ";
      text += "|";
      if (!page->truncated) return text;
      after = page->next;
    }
  }
};

TEST_F(ListingTest, ByPrefixDelimiterAndPage) {
  put_all({"a/1", "a/2", "a/3", "a0", "b", "b/c/d", "b/e", "c"});
  EXPECT_EQ(pages("", "", 100), "a/1 a/2 a/3 a0 b b/c/d b/e c |");
  EXPECT_EQ(pages("", "", 3), "a/1 a/2 a/3 |a0 b b/c/d |b/e c |");
  EXPECT_EQ(pages("", "/", 100), "[a/] a0 b [b/] c |");
  EXPECT_EQ(pages("", "/", 1), "[a/] |a0 |b |[b/] |c |");
  EXPECT_EQ(pages("", "/", 2), "[a/] a0 |b [b/] |c |");
  EXPECT_EQ(pages("b/", "/", 100), "[b/c/] b/e |");
  EXPECT_EQ(pages("a", "/", 100), "[a/] a0 |");
  EXPECT_EQ(pages("a/", "", 100), "a/1 a/2 a/3 |");
  EXPECT_EQ(pages("zzz", "", 100), "|");
  EXPECT_EQ(pages("", "", 8), "a/1 a/2 a/3 a0 b b/c/d b/e c |");
  EXPECT_EQ(pages("", "c", 100), "a/1 a/2 a/3 a0 b [b/c] b/e [c] |");
}

TEST_F(ListingTest, AfterAKeyAndAfterAPrefix) {
  put_all({"a/1", "a/2", "b/1", "c"});
  EXPECT_EQ(pages("", "", 100, "a/1"), "a/2 b/1 c |");
  EXPECT_EQ(pages("", "", 100, "a/10"), "a/2 b/1 c |");
  EXPECT_EQ(pages("", "/", 100, "a/"), "[b/] c |");
  EXPECT_EQ(pages("", "/", 100, "a/1"), "[a/] [b/] c |");
  EXPECT_EQ(pages("b/", "", 100, "a"), "b/1 |");
  EXPECT_EQ(pages("a/", "", 100, "b"), "|");
}

TEST_F(ListingTest, OrderIsThatOfBytes) {
  put_all({"Z", "a", "é", "\x7F", "\x01", "a\x01", "日", "😀", "/", "//"});
  EXPECT_EQ(pages("", "", 100), "\x01 / // Z a a\x01 \x7F é 日 😀 |");
  EXPECT_EQ(pages("", "/", 100), "\x01 [/] Z a a\x01 \x7F é 日 😀 |");
  EXPECT_EQ(pages("/", "/", 100), "/ [//] |");
}

TEST_F(ListingTest, NothingAskedNothingGiven) {
  put_all({"a"});
  auto page = objects_->list("digits", "", "", "", 0);
  EXPECT_TRUE(page->objects.empty());
  EXPECT_FALSE(page->truncated);
}

// Counts the rows that a listing reads.
class CountingSession : public meta::Session {
 public:
  explicit CountingSession(meta::Session& inner) : inner_(inner) {}
  Outcome<std::int64_t> run(std::string_view sql, const std::vector<meta::Value>& values,
                            const std::function<bool(const meta::Row&)>& each) override {
    return inner_.run(sql, values, [&](const meta::Row& row) {
      ++rows;
      return each(row);
    });
  }
  int rows = 0;

 private:
  meta::Session& inner_;
};

TEST_F(ListingTest, AFolderOfManyKeysCostsOneRow) {
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(put("many/" + std::to_string(i), "x").ok());
  put_all({"a", "z"});
  int rows = 0;
  auto listed = store_->read([&](meta::Session& session) -> Outcome<Listing> {
    TRY(auto bucket, index::bucket(session, "digits"));
    CountingSession counting(session);
    auto page = list_keys(counting, bucket.id, "", "/", "", 1000);
    rows = counting.rows;
    return page;
  });
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed->prefixes, std::vector<std::string>{"many/"});
  EXPECT_EQ(listed->objects.size(), 2u);
  EXPECT_EQ(rows, 3);
}

TEST(AfterPrefix, SkipsEveryStringBelow) {
  EXPECT_EQ(after_prefix("a/"), "a0");
  EXPECT_EQ(after_prefix("a\xFF"), "b");
  EXPECT_EQ(after_prefix("\xFF\xFF"), "");
  EXPECT_EQ(after_prefix(""), "");
}

}  // namespace
}  // namespace clary::objects
