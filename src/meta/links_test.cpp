#include "meta/links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_scope.hpp"
#include "meta/record_list.hpp"

namespace clary::meta {
namespace {

using testing::ElementsAre;


class LinksTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Store::open({}, record_migrations);
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    store = *opened;
    digits = add("trial", "digits-1", "digits"), more_digits = add("trial", "digits-2", "digits"),
    letters = add("trial", "letters-1", "letters");
    for (std::string name : {"a", "b", "c", "d"}) components.push_back(add("component", name, ""));
  }
  std::int64_t add(std::string kind, std::string name, std::string parent) {
    Record record{.kind = kind, .scope = here, .name = name, .arn = kind + "/" + name, .status = "", .parent = parent};
    record.created.micros = ++now;
    auto id = store->write([&](Session& session) { return insert(session, record); });
    EXPECT_TRUE(id.ok()) << id.error().detail;
    return *id;
  }
  bool link_up(std::int64_t source, std::int64_t target) {
    return *store->write([&](Session& session) { return link(session, "l", source, target); });
  }
  bool unlink_again(std::int64_t source, std::int64_t target) {
    return *store->write([&](Session& session) { return unlink(session, "l", source, target); });
  }
  // By pages of two, so that the filter and the place of the page before meet.
  std::vector<std::string> names(std::string kind, const LinkFilter& filter) {
    ListQuery query{.kind = std::move(kind), .scope = here, .descending = true, .limit = 2};
    std::vector<std::string> found;
    do {
      auto page = store->read([&](Session& session) { return list_linked(session, query, filter); });
      EXPECT_TRUE(page.ok()) << page.error().detail;
      for (auto& record : page->records) found.push_back(record.name);
      query.after = page->next;
    } while (!query.after.empty());
    return found;
  }

  std::shared_ptr<Store> store;
  std::int64_t now = 0, digits = 0, more_digits = 0, letters = 0;
  std::vector<std::int64_t> components;
};

TEST_F(LinksTest, ALinkIsThereOnce) {
  EXPECT_TRUE(link_up(digits, components[0]));
  EXPECT_FALSE(link_up(digits, components[0]));
  EXPECT_TRUE(*store->read([&](Session& session) { return has_targets(session, "l", digits); }));
  EXPECT_TRUE(*store->read([&](Session& session) { return has_sources(session, "l", components[0]); }));
  EXPECT_FALSE(*store->read([&](Session& session) { return has_targets(session, "other", digits); }));
  EXPECT_FALSE(*store->read([&](Session& session) { return has_targets(session, "l", letters); }));
  EXPECT_TRUE(unlink_again(digits, components[0]));
  EXPECT_FALSE(unlink_again(digits, components[0]));
  EXPECT_FALSE(*store->read([&](Session& session) { return has_sources(session, "l", components[0]); }));
}

TEST_F(LinksTest, AListIsNarrowedToWhatIsLinked) {
  for (auto component : {components[0], components[1], components[2]}) link_up(digits, component);
  link_up(more_digits, components[0]);
  link_up(letters, components[3]);
  EXPECT_THAT(names("component", {.kind = "l", .source = digits}), ElementsAre("c", "b", "a"));
  EXPECT_THAT(names("component", {.kind = "l", .source = more_digits}), ElementsAre("a"));
  EXPECT_THAT(names("trial", {.kind = "l", .target = components[0]}), ElementsAre("digits-2", "digits-1"));
  EXPECT_THAT(names("component", {.kind = "l", .source_kind = "trial", .source_parent = "digits"}),
              ElementsAre("c", "b", "a"));
  EXPECT_THAT(names("component", {.kind = "l", .source = letters, .source_kind = "trial", .source_parent = "digits"}),
              ElementsAre());
  EXPECT_THAT(names("component", {.kind = "other", .source = digits}), ElementsAre());
  EXPECT_THAT(names("component", {}), ElementsAre("d", "c", "b", "a"));
}

// A trial has few of very many components.
TEST_F(LinksTest, AListOfWhatIsLinkedStartsFromTheLinks) {
  const PagePlace place{"text", 5, 5};
  const LinkFilter filters[] = {
      {.kind = "l", .source = 1},
      {.kind = "l", .target = 1},
      {.kind = "l", .source_kind = "trial", .source_parent = "digits"},
  };
  for (const LinkFilter& filter : filters) {
    for (auto sort : {ListQuery::Sort::created, ListQuery::Sort::name}) {
      for (const PagePlace* after : {static_cast<const PagePlace*>(nullptr), &place}) {
        ListQuery query{.kind = "component", .scope = here, .parent = "p", .created_after = Time{1}, .sort = sort};
        auto statement = list_statement(query, after, filter);
        std::string plan;
        auto read = store->read([&](Session& session) {
          return session.run("EXPLAIN QUERY PLAN " + statement.sql, statement.values, [&](const Row& row) {
            plan += std::string(row.text(3)) + "\n";
            return true;
          });
        });
        ASSERT_TRUE(read.ok()) << read.error().detail;
        EXPECT_THAT(plan, testing::StartsWith("SEARCH records USING INTEGER PRIMARY KEY")) << statement.sql;
        EXPECT_THAT(plan, testing::Not(testing::HasSubstr("SCAN"))) << plan;
        EXPECT_THAT(plan, testing::ContainsRegex("SEARCH links USING COVERING INDEX [a-z_0-9]+ .kind=. AND ")) << plan;
      }
    }
  }
}

}  // namespace
}  // namespace clary::meta
