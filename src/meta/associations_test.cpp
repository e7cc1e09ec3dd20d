#include "meta/associations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "base/test_scope.hpp"
#include "meta/changes.hpp"
#include "meta/graph_walk.hpp"

namespace clary::meta {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;


class AssociationsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Store::open({}, record_migrations);
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    store = *opened;
  }

  // A record named `name`, of the type that its first letter tells.
  std::int64_t add(const std::string& name) {
    Record record{.kind = "artifact", .scope = here, .name = name, .arn = "arn/" + name};
    record.created.micros = record.modified.micros = ++now;
    auto id = store->write([&](Session& session) { return insert(session, record); });
    EXPECT_TRUE(id.ok()) << id.error().detail;
    records[name] = *id;
    names[*id] = name;
    return *id;
  }
  AssociationEnd end(const std::string& name) {
    if (!records.contains(name)) add(name);
    return {records[name], "artifact", "arn/" + name, "type-" + name.substr(0, 1)};
  }
  bool join(const std::string& source, const std::string& destination, const std::string& type = "ContributedTo") {
    Association made{.scope = here, .source = end(source), .destination = end(destination), .type = type};
    made.created.micros = ++now;
    return *store->write([&](Session& session) { return associate(session, made); });
  }
  // Pairs "a>b" of a list, by pages of two.
  std::vector<std::string> listed(AssociationQuery query) {
    query.scope = here, query.limit = 2;
    std::vector<std::string> found;
    do {
      auto page = store->read([&](Session& session) { return list_associations(session, query); });
      EXPECT_TRUE(page.ok()) << page.error().detail;
      for (auto& one : page->associations) found.push_back(names[one.source.record] + ">" + names[one.destination.record]);
      query.after = page->next;
    } while (!query.after.empty());
    return found;
  }
  Walk walked(const std::string& start, const WalkOptions& options) {
    auto found = store->read([&](Session& session) { return walk(session, records[start], options); });
    EXPECT_TRUE(found.ok()) << found.error().detail;
    return *std::move(found);
  }
  // "b1": b was reached in one step.
  std::vector<std::string> reached(const std::string& start, const WalkOptions& options) {
    std::vector<std::string> found;
    for (const Reached& one : walked(start, options).reached) found.push_back(names[one.record] + std::to_string(one.depth));
    return found;
  }
  std::vector<std::string> way(const std::string& start, const WalkOptions& options, const std::string& to) {
    std::vector<std::string> found;
    for (std::int64_t record : on_the_way(walked(start, options), options, {records[to]})) found.push_back(names[record]);
    return found;
  }

  std::shared_ptr<Store> store;
  std::int64_t now = 0;
  std::map<std::string, std::int64_t> records;
  std::map<std::int64_t, std::string> names;
};

const WalkOptions up{.descend = false, .with_steps = true}, down{.ascend = false, .with_steps = true}, both{.with_steps = true};

TEST_F(AssociationsTest, OneLeadsFromOneRecordToAnother) {
  EXPECT_TRUE(join("a", "b"));
  EXPECT_FALSE(join("a", "b", "Produced"));
  EXPECT_TRUE(join("b", "a"));
  auto found = store->read([&](Session& session) { return find_association(session, records["a"], records["b"]); });
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->type, "ContributedTo");
  EXPECT_EQ((*found)->destination.arn, "arn/b");
  EXPECT_EQ((*found)->scope, here);
  auto part = [&] { return *store->write([&](Session& session) { return dissociate(session, records["a"], records["b"]); }); };
  EXPECT_TRUE(part());
  EXPECT_FALSE(part());
  EXPECT_THAT(listed({}), ElementsAre("b>a"));
}

TEST_F(AssociationsTest, BothEndsChange) {
  add("a"), add("b");
  auto changed = [&](std::int64_t place) {
    EXPECT_TRUE(store->write(seal_changes));
    return *store->read([&](Session& session) { return changes_since(session, place); });
  };
  auto before = changed(0);
  join("a", "b");
  auto joined = changed(before.place);
  EXPECT_THAT(joined.records, UnorderedElementsAre(records["a"], records["b"]));
  join("a", "b");
  EXPECT_THAT(changed(joined.place).records, IsEmpty());
  ASSERT_TRUE(store->write([&](Session& session) { return dissociate(session, records["a"], records["b"]); }).ok());
  EXPECT_THAT(changed(joined.place).records, UnorderedElementsAre(records["a"], records["b"]));
}

TEST_F(AssociationsTest, TheyGoWithTheirRecord) {
  join("a", "b"), join("b", "c"), join("a", "c");
  auto has = [&](const std::string& name) { return *store->read([&](Session& session) { return has_associations(session, records[name]); }); };
  EXPECT_TRUE(has("a") && has("b") && has("c"));
  ASSERT_TRUE(*store->write([&](Session& session) { return erase(session, records["b"]); }));
  EXPECT_FALSE(has("b"));
  EXPECT_THAT(listed({}), ElementsAre("a>c"));
  ASSERT_TRUE(*store->write([&](Session& session) { return erase(session, records["a"]); }));
  EXPECT_FALSE(has("c"));
}

TEST_F(AssociationsTest, ListsAreFilteredSortedAndPaged) {
  join("d", "a"), join("c", "a", "Produced"), join("d", "b"), join("b", "e");
  EXPECT_THAT(listed({}), ElementsAre("d>a", "c>a", "d>b", "b>e"));
  EXPECT_THAT(listed({.descending = true}), ElementsAre("b>e", "d>b", "c>a", "d>a"));
  using Sort = AssociationQuery::Sort;
  EXPECT_THAT(listed({.sort = Sort::source_arn}), ElementsAre("b>e", "c>a", "d>a", "d>b"));
  EXPECT_THAT(listed({.sort = Sort::source_type, .descending = true}), ElementsAre("d>b", "d>a", "c>a", "b>e"));
  EXPECT_THAT(listed({.sort = Sort::destination_arn}), ElementsAre("d>a", "c>a", "d>b", "b>e"));
  EXPECT_THAT(listed({.sort = Sort::destination_type, .descending = true}), ElementsAre("b>e", "d>b", "c>a", "d>a"));
  EXPECT_THAT(listed({.source = records["d"]}), ElementsAre("d>a", "d>b"));
  EXPECT_THAT(listed({.destination = records["a"]}), ElementsAre("d>a", "c>a"));
  EXPECT_THAT(listed({.source = records["d"], .destination = records["b"]}), ElementsAre("d>b"));
  EXPECT_THAT(listed({.source_type = EndFilter{"type-d", ""}}), ElementsAre("d>a", "d>b"));
  EXPECT_THAT(listed({.destination_type = EndFilter{"type-e", ""}}), ElementsAre("b>e"));
  EXPECT_THAT(listed({.destination_type = EndFilter{"Artifact", "artifact"}}).size(), 4);
  EXPECT_THAT(listed({.type = "Produced"}), ElementsAre("c>a"));
  auto first = store->read([&](Session& session) { return find_association(session, records["c"], records["a"]); });
  EXPECT_THAT(listed({.created_from = (*first)->created}), ElementsAre("c>a", "d>b", "b>e"));
  EXPECT_THAT(listed({.created_to = (*first)->created}), ElementsAre("d>a", "c>a"));
}

TEST_F(AssociationsTest, ATokenIsOfItsQuery) {
  join("a", "b"), join("a", "c");
  AssociationQuery query{.scope = here, .limit = 1};
  auto page = store->read([&](Session& session) { return list_associations(session, query); });
  query.after = page->next;
  query.descending = true;
  EXPECT_EQ(store->read([&](Session& session) { return list_associations(session, query); }).error().kind, ErrorKind::validation);
}

TEST_F(AssociationsTest, AWalkGoesTheWayItIsTold) {
  // data > job > model > action > endpoint; image > job; image > action
  join("data", "job"), join("image", "job"), join("job", "model"), join("model", "action"), join("image", "action"), join("action", "endpoint");
  EXPECT_THAT(reached("endpoint", up), ElementsAre("action1", "image2", "model2", "job3", "data4"));
  EXPECT_THAT(reached("endpoint", down), IsEmpty());
  EXPECT_THAT(reached("job", down), ElementsAre("model1", "action2", "endpoint3"));
  EXPECT_THAT(reached("job", both), ElementsAre("data1", "image1", "model1", "action2", "endpoint3"));
  EXPECT_THAT(reached("endpoint", {.descend = false, .depth = 2}), ElementsAre("action1", "image2", "model2"));
}

TEST_F(AssociationsTest, AWalkEndsInCycles) {
  join("a", "b"), join("b", "c"), join("c", "a"), join("a", "a"), join("b", "a");
  for (const WalkOptions& options : {up, down, both}) {
    auto found = walked("a", options);
    EXPECT_EQ(found.reached.size(), 2);
    EXPECT_EQ(found.steps.size(), 5);
  }
}

TEST_F(AssociationsTest, WhatIsOnTheWay) {
  join("data", "job"), join("image", "job"), join("job", "model"), join("model", "endpoint"), join("data", "model"), join("image", "endpoint");
  EXPECT_THAT(way("endpoint", up, "data"), UnorderedElementsAre("data", "job", "model", "endpoint"));
  EXPECT_THAT(way("data", down, "model"), UnorderedElementsAre("data", "job", "model"));
  EXPECT_THAT(way("data", both, "model"), UnorderedElementsAre("data", "model"));
  EXPECT_THAT(way("endpoint", both, "job"), UnorderedElementsAre("endpoint", "model", "image", "job"));
}

TEST_F(AssociationsTest, ALargeGraphIsWalkedQuicklyAndABoundlessOneIsNot) {
  constexpr int width = 100, most = 10'000;
  std::vector<std::string> ends;
  for (int i = 0; i < most; ++i) ends.push_back("v" + std::to_string(i));
  auto filled = store->write([&](Session& session) -> Outcome<void> {
    for (int i = 0; i < most; ++i) {
      Record record{.kind = "artifact", .scope = here, .name = ends[i], .arn = "arn/" + ends[i], .document = std::string(2000, 'x')};
      TRY(records[ends[i]], insert(session, record));
    }
    for (int i = 1; i < most; ++i) {
      Association made{.scope = here, .source = {records[ends[(i - 1) / width]]}, .destination = {records[ends[i]]}};
      CHECK_OK(associate(session, made));
    }
    return {};
  });
  ASSERT_TRUE(filled.ok()) << filled.error().detail;
  auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(walked("v0", down).reached.size(), most - 1);
  auto taken = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(taken, std::chrono::seconds(5));  // 30 ms where nothing else runs
  RecordProperty("milliseconds", static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(taken).count()));
  auto refused = store->read([&](Session& session) { return walk(session, records["v0"], {.most = 5000}); });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::limit_exceeded);
}

}  // namespace
}  // namespace clary::meta
