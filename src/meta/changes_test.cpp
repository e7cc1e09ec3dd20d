#include "meta/changes.hpp"

#include <gtest/gtest.h>

#include "meta/links.hpp"
#include "meta/records.hpp"

namespace clary::meta {
namespace {

class ChangesTest : public ::testing::Test {
 protected:
  std::int64_t add(const std::string& name) {
    Record record{.kind = "thing", .scope = {"1", "here"}, .name = name, .arn = "arn:" + name};
    return *store_->write([&](Session& session) { return insert(session, record); });
  }
  Outcome<void> write(const std::function<Outcome<void>(Session&)>& work) { return store_->write(work); }
  // The ids of what has changed since the last call.
  std::vector<std::int64_t> news() {
    EXPECT_TRUE(store_->write(seal_changes));
    Changes changes = *store_->read([&](Session& session) { return changes_since(session, place_); });
    place_ = changes.place;
    return changes.records;
  }

  std::shared_ptr<Store> store_ = *Store::open({}, record_migrations);
  std::int64_t place_ = 0;
};

using Ids = std::vector<std::int64_t>;

TEST_F(ChangesTest, EachChangeOfARecordIsNewsOnce) {
  auto a = add("a"), b = add("b");
  EXPECT_EQ(news(), (Ids{a, b}));
  EXPECT_EQ(news(), Ids{});
  EXPECT_EQ(store_->read(ends_of_changes)->last, place_);
  Record record{.id = a, .kind = "thing"};
  ASSERT_TRUE(write([&](Session& session) { return update(session, record); }));
  ASSERT_TRUE(write([&](Session& session) { return update(session, record); }));
  EXPECT_EQ(news(), Ids{a});
}

TEST_F(ChangesTest, BehindTheSealNothingMoves) {
  auto a = add("a"), b = add("b");
  auto since = [&](std::int64_t place) { return *store_->read([&](Session& session) { return changes_since(session, place); }); };
  auto ends = [&] { return *store_->read(ends_of_changes); };
  EXPECT_EQ(ends().seal, 0);
  auto touch_a = [&](Session& session) { return touch(session, a); };
  const Changes before = since(0);
  ASSERT_TRUE(write(touch_a));
  EXPECT_EQ(since(0).records, (Ids{a, b}));
  EXPECT_EQ(since(0).place, before.place);
  ASSERT_TRUE(store_->write(seal_changes));
  EXPECT_EQ(ends().seal, before.place);
  ASSERT_TRUE(write(touch_a));
  EXPECT_EQ(since(before.place).records, Ids{a}) << "what was sealed moves";
  EXPECT_EQ(since(0).records, (Ids{b, a}));
  EXPECT_GT(ends().last, ends().seal);
}

TEST_F(ChangesTest, TagsAndLinksAreChangesOfTheirRecords) {
  auto a = add("a"), b = add("b");
  news();
  ASSERT_TRUE(write([](Session& session) { return put_tags(session, "arn:b", {{"k", "v"}}); }));
  EXPECT_EQ(news(), Ids{b});
  ASSERT_TRUE(write([](Session& session) { return erase_tags(session, "arn:b", {"k"}); }));
  EXPECT_EQ(news(), Ids{b});
  auto linked = [&](Session& session) -> Outcome<void> {
    CHECK_OK(link(session, "has", a, b));
    return {};
  };
  ASSERT_TRUE(write(linked));
  EXPECT_EQ(news(), (Ids{a, b}));
  ASSERT_TRUE(write(linked));
  EXPECT_EQ(news(), Ids{}) << "the link was there";
}

TEST_F(ChangesTest, WhatIsGoneIsNewsToo) {
  auto a = add("a");
  news();
  ASSERT_TRUE(write([&](Session& session) -> Outcome<void> {
    CHECK_OK(erase(session, a));
    return {};
  }));
  EXPECT_EQ(news(), Ids{a});
}

TEST_F(ChangesTest, WhatIsRolledBackIsNone) {
  ASSERT_FALSE(write([](Session& session) -> Outcome<void> {
    CHECK_OK(touch(session, 7));
    return make_error(ErrorKind::validation, "no");
  }));
  EXPECT_EQ(news(), Ids{});
}

}  // namespace
}  // namespace clary::meta
