#include "search/index.hpp"

#include <gmock/gmock.h>
#include <thread>

#include "meta/changes.hpp"
#include "meta/links.hpp"
#include "meta/records.hpp"

namespace clary::search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Scope here{"1", "here"};

// Things are searched by their status; a thing whose parent is the ARN of a source tells of the source's status too.
Outcome<Reading> read_thing(meta::Session& session, std::int64_t id) {
  Reading reading;
  TRY(auto record, meta::find_by_id(session, id));
  if (!record) return reading;
  if (record->kind == "source") {
    TRY(auto page, meta::list(session, {.kind = "thing", .scope = record->scope, .parent = record->arn}));
    for (const meta::Record& thing : page.records) reading.others.push_back(thing.id);
    return reading;
  }
  reading.row = Row{record->kind, record->scope, {{"Name", record->name}, {"Status", record->status}}};
  TRY(auto source, meta::find_by_arn(session, record->parent));
  if (source) reading.row->values.emplace_back("Source.Status", source->status);
  return reading;
}

class IndexTest : public ::testing::Test {
 protected:
  meta::Record add(const std::string& kind, const std::string& name, const std::string& parent = "", Scope scope = here) {
    meta::Record record{.kind = kind, .scope = scope, .name = name, .arn = "arn:" + name, .status = "New", .parent = parent};
    record.id = *store_->write([&](meta::Session& session) { return meta::insert(session, record); });
    return record;
  }
  void set_status(meta::Record record, const std::string& status) {
    record.status = status;
    ASSERT_TRUE(store_->write([&](meta::Session& session) { return meta::update(session, record); }));
  }
  std::vector<std::int64_t> with(const std::string& column, const std::string& value, const Scope& scope = here) {
    EXPECT_TRUE(index_.catch_up(*store_, read_thing));
    Query query{.order = {.columns = {"Name"}}, .limit = 10'000};
    query.where = Expression{.filters = {{{.columns = {column}}, {.op = Operator::equals, .text = value}}}};
    return index_.find("thing", scope, query).ids;
  }

  std::shared_ptr<meta::Store> store_ = *meta::Store::open({}, meta::record_migrations);
  Index index_;
};

TEST_F(IndexTest, KnowsAtOnceWhatTheStoreHolds) {
  EXPECT_THAT(with("Status", "New"), IsEmpty());
  auto a = add("thing", "a"), b = add("thing", "b");
  add("other", "c");
  EXPECT_THAT(with("Status", "New"), ElementsAre(a.id, b.id));
  set_status(a, "Done");
  EXPECT_THAT(with("Status", "New"), ElementsAre(b.id));
  EXPECT_THAT(with("Status", "Done"), ElementsAre(a.id));
  ASSERT_TRUE(store_->write([&](meta::Session& session) { return meta::erase(session, b.id); }));
  EXPECT_THAT(with("Status", "New"), IsEmpty());
  EXPECT_THAT(index_.properties("thing", here, "S", 10), ElementsAre("Status"));
  EXPECT_THAT(index_.properties("nothing", here, "", 10), IsEmpty());
}

TEST_F(IndexTest, AccountsAndRegionsAreApart) {
  auto a = add("thing", "a");
  auto there = add("thing", "a", "", {"1", "there"});
  EXPECT_THAT(with("Name", "a"), ElementsAre(a.id));
  EXPECT_THAT(with("Name", "a", {"1", "there"}), ElementsAre(there.id));
  EXPECT_THAT(with("Name", "a", {"2", "here"}), IsEmpty());
}

TEST_F(IndexTest, WhatIsMadeOfOtherRecordsChangesWithThem) {
  auto source = add("source", "s");
  auto thing = add("thing", "t", "arn:s");
  EXPECT_THAT(with("Source.Status", "New"), ElementsAre(thing.id));
  set_status(source, "Done");
  EXPECT_THAT(with("Source.Status", "Done"), ElementsAre(thing.id));
}

TEST_F(IndexTest, IsRightAlsoWhereNothingCanBeSealed) {
  ASSERT_TRUE(store_->write([](meta::Session& session) {
    return session.run("CREATE TRIGGER refuse BEFORE UPDATE ON changes_seal BEGIN SELECT RAISE(ABORT, 'full'); END");
  }));
  ASSERT_FALSE(store_->write(meta::seal_changes));
  auto a = add("thing", "a"), b = add("thing", "b");
  EXPECT_THAT(with("Status", "New"), ElementsAre(a.id, b.id));
  for (const char* status : {"Begun", "Done"}) {
    set_status(a, status);
    EXPECT_THAT(with("Status", status), ElementsAre(a.id));
    EXPECT_THAT(with("Status", "New"), ElementsAre(b.id));
  }
}

TEST_F(IndexTest, MoreThanOneBatchIsRead) {
  ASSERT_TRUE(store_->write([&](meta::Session& session) -> Outcome<void> {
    for (int i = 0; i < 2500; ++i) {
      meta::Record record{.kind = "thing", .scope = here, .name = std::to_string(i), .status = "New"};
      CHECK_OK(meta::insert(session, record));
    }
    return {};
  }));
  EXPECT_EQ(with("Status", "New").size(), 2500U);
}

TEST_F(IndexTest, SearchesAndWritersSideBySide) {
  constexpr int each = 200;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 2; ++writer) {
    threads.emplace_back([&, writer] {
      for (int i = 0; i < each; ++i) {
        auto made = add("thing", std::to_string(writer) + "-" + std::to_string(i));
        auto found = with("Name", made.name);
        EXPECT_THAT(found, ElementsAre(made.id)) << "what was written before is found";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(with("Status", "New").size(), 2U * each);
}

}  // namespace
}  // namespace clary::search
