#include "meta/records.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "base/test_scope.hpp"
#include "meta/record_list.hpp"

namespace clary::meta {
namespace {

using testing::ElementsAre;


Record job(std::string name, std::int64_t created, std::string status = "InProgress") {
  Record record;
  record.kind = "training-job";
  record.scope = here;
  record.name = std::move(name);
  record.arn = sagemaker_arn(here, record.kind, record.name);
  record.status = std::move(status);
  record.parent = "";
  record.created = record.modified = Time{created};
  record.document = R"({"TrainingJobName":"x"})";
  record.state = "{}";
  return record;
}

class RecordsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Store::open({}, record_migrations);
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    store = *opened;
  }
  std::int64_t add(const Record& record) {
    auto id = store->write([&](Session& session) { return insert(session, record); });
    EXPECT_TRUE(id.ok()) << id.error().message;
    return *id;
  }
  Page page(const ListQuery& query) {
    auto got = store->read([&](Session& session) { return list(session, query); });
    EXPECT_TRUE(got.ok()) << got.error().message << got.error().detail;
    return *got;
  }
  std::vector<std::string> names(const ListQuery& query) {
    std::vector<std::string> found;
    for (auto& record : page(query).records) found.push_back(record.name);
    return found;
  }
  std::vector<std::string> names_by_pages(ListQuery query, std::int64_t size) {
    std::vector<std::string> found;
    query.limit = size;
    do {
      auto got = page(query);
      EXPECT_LE(got.records.size(), static_cast<std::size_t>(size));
      for (auto& record : got.records) found.push_back(record.name);
      query.after = got.next;
    } while (!query.after.empty());
    return found;
  }
  ListQuery jobs() {
    ListQuery query;
    query.kind = "training-job";
    query.scope = here;
    query.limit = 100;
    return query;
  }
  std::shared_ptr<Store> store;
};

TEST_F(RecordsTest, FindsByNameIdAndArnInItsScopeOnly) {
  auto made = job("digits", 5);
  made.parent = "config";
  made.modified = Time{6};
  made.document = std::string("{\"a\":\"\xc3\xa9\"}");
  auto id = add(made);
  auto found = store->read([&](Session& s) { return find(s, "training-job", here, "digits"); }).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->document, made.document);
  EXPECT_EQ(found->state, "{}");
  EXPECT_EQ(found->parent, "config");
  EXPECT_EQ(found->created, Time{5});
  EXPECT_EQ(found->modified, Time{6});
  EXPECT_EQ(found->scope, here);
  EXPECT_EQ(store->read([&](Session& s) { return find_by_id(s, id); }).value()->name, "digits");
  EXPECT_EQ(store->read([&](Session& s) { return find_by_arn(s, made.arn); }).value()->id, id);
  EXPECT_FALSE(store->read([&](Session& s) { return find(s, "training-job", elsewhere, "digits"); }).value());
  EXPECT_EQ(store->read([&](Session& s) { return find_id(s, "training-job", here, "digits"); }).value(), found->id);
  EXPECT_FALSE(store->read([&](Session& s) { return find_id(s, "training-job", elsewhere, "digits"); }).value());
  EXPECT_FALSE(store->read([&](Session& s) { return find(s, "model", here, "digits"); }).value());
  EXPECT_FALSE(store->read([&](Session& s) { return find_by_arn(s, "arn:none"); }).value());
}

TEST_F(RecordsTest, NameIsTakenOncePerKindAndScope) {
  add(job("digits", 1));
  auto again = store->write([&](Session& session) { return insert(session, job("digits", 2)); });
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::already_exists);
  auto other = job("digits", 3);
  other.scope = elsewhere;
  add(other);
  other.scope = here;
  other.kind = "model";
  add(other);
}

TEST_F(RecordsTest, IdsGrowAndAreNeverUsedAgain) {
  auto first = add(job("a", 1));
  auto second = add(job("b", 1));
  EXPECT_GT(second, first);
  EXPECT_TRUE(store->write([&](Session& s) { return erase(s, second); }).value());
  EXPECT_FALSE(store->write([&](Session& s) { return erase(s, second); }).value());
  EXPECT_GT(add(job("b", 1)), second);
}

TEST_F(RecordsTest, UpdateWritesWhatMayChange) {
  auto record = job("digits", 1);
  record.id = add(record);
  record.status = "Completed";
  record.parent = "p";
  record.modified = Time{9};
  record.document = "{\"d\":1}";
  record.state = "{\"s\":1}";
  ASSERT_TRUE(store->write([&](Session& s) { return update(s, record); }).ok());
  auto found = store->read([&](Session& s) { return find_by_id(s, record.id); }).value();
  EXPECT_EQ(found->status, "Completed");
  EXPECT_EQ(found->parent, "p");
  EXPECT_EQ(found->modified, Time{9});
  EXPECT_EQ(found->document, "{\"d\":1}");
  EXPECT_EQ(found->state, "{\"s\":1}");
  record.id += 1;
  EXPECT_EQ(store->write([&](Session& s) { return update(s, record); }).error().kind, ErrorKind::not_found);
}

TEST_F(RecordsTest, FiltersThenPages) {
  for (int i = 0; i < 20; ++i) {
    auto record = job(fmt::format("{}-{:02}", i % 2 ? "Digits" : "mnist", i), 100 + i, i % 3 ? "Completed" : "Failed");
    record.parent = i < 10 ? "early" : "late";
    record.modified = Time{1000 - i};
    add(record);
  }
  auto query = jobs();
  query.name_contains = "dIGIT";
  query.status = "Failed";
  EXPECT_THAT(names_by_pages(query, 1), ElementsAre("Digits-03", "Digits-09", "Digits-15"));
  query.parent = "late";
  EXPECT_THAT(names(query), ElementsAre("Digits-15"));

  auto bounds = jobs();
  bounds.created_after = Time{104};
  bounds.created_before = Time{107};
  EXPECT_THAT(names_by_pages(bounds, 1), ElementsAre("Digits-05", "mnist-06")) << "both bounds are exclusive";
  bounds = jobs();
  bounds.modified_after = Time{994};
  bounds.modified_before = Time{997};
  EXPECT_THAT(names_by_pages(bounds, 1), ElementsAre("mnist-04", "Digits-05"));
  bounds.sort = ListQuery::Sort::modified;
  EXPECT_THAT(names_by_pages(bounds, 1), ElementsAre("Digits-05", "mnist-04"));
  auto none = jobs();
  none.name_contains = "%";
  EXPECT_TRUE(names(none).empty()) << "no wildcard";
}

TEST_F(RecordsTest, EveryOrderIsWholeAndStableAtEqualKeys) {
  for (int i = 0; i < 12; ++i)
    add(job(fmt::format("j{:02}", (i * 5) % 12), 100 + i / 4, i % 2 ? "Completed" : "Failed"));
  for (auto sort :
       {ListQuery::Sort::created, ListQuery::Sort::modified, ListQuery::Sort::name, ListQuery::Sort::status}) {
    auto query = jobs();
    query.sort = sort;
    auto ascending = names(query);
    EXPECT_EQ(ascending.size(), 12u);
    for (std::int64_t size : {1, 5, 12}) EXPECT_EQ(names_by_pages(query, size), ascending);
    query.descending = true;
    auto descending = names_by_pages(query, 5);
    EXPECT_EQ(std::vector(descending.rbegin(), descending.rend()), ascending);
  }
  auto by_time = jobs();
  by_time.limit = 4;
  EXPECT_THAT(names(by_time), ElementsAre("j00", "j05", "j10", "j03")) << "equal times keep the order of creation";
}

TEST_F(RecordsTest, TokenIsGoodForItsQueryOnly) {
  for (int i = 0; i < 3; ++i) add(job(fmt::format("j{}", i), i));
  auto query = jobs();
  query.limit = 1;
  auto token = page(query).next;
  auto refused = [&](ListQuery other, std::string_view after) {
    other.after = after;
    auto got = store->read([&](Session& session) { return list(session, other); });
    return !got.ok() && got.error().kind == ErrorKind::validation;
  };
  auto other = query;
  other.descending = true;
  EXPECT_TRUE(refused(other, token));
  other = query;
  other.sort = ListQuery::Sort::name;
  EXPECT_TRUE(refused(other, token));
  other = query;
  other.kind = "model";
  EXPECT_TRUE(refused(other, token));
  other = query;
  other.scope = elsewhere;
  EXPECT_TRUE(refused(other, token));
  for (std::string_view broken : {"x", "!!!!", "QUJD", "MTIuMy40LjU="}) EXPECT_TRUE(refused(query, broken)) << broken;
  EXPECT_TRUE(refused(query, token.substr(0, token.size() - 4)));
  EXPECT_FALSE(refused(query, token));
}

TEST_F(RecordsTest, PagesStayWholeWhileRowsComeAndGo) {
  for (int i = 0; i < 50; ++i) add(job(fmt::format("old-{:03}", i), 1000 + i));
  auto doomed = store->read([](Session& s) { return find(s, "training-job", here, "old-049"); }).value()->id;
  auto query = jobs();
  query.descending = true;
  query.limit = 5;
  std::vector<std::string> seen;
  int added = 0;
  do {
    auto got = page(query);
    for (auto& record : got.records) seen.push_back(record.name);
    query.after = got.next;
    add(job(fmt::format("new-{:03}", added), 5000 + added));
    ++added;
    if (added == 1) {
      ASSERT_TRUE(store->write([&](Session& s) { return erase(s, doomed); }).ok());
    }
  } while (!query.after.empty());
  EXPECT_EQ(seen.size(), 50u);
  EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 50u);
}

TEST_F(RecordsTest, AllAndCountGoOverEveryScope) {
  add(job("a", 3, "InProgress"));
  auto far = job("b", 2, "Stopping");
  far.scope = elsewhere;
  add(far);
  add(job("c", 1, "Completed"));
  auto open = store->read([](Session& s) { return all(s, "training-job", {"InProgress", "Stopping"}); }).value();
  ASSERT_EQ(open.size(), 2u);
  EXPECT_EQ(open[0].name, "a");
  EXPECT_EQ(open[1].name, "b");
  EXPECT_EQ(store->read([](Session& s) { return all(s, "training-job"); }).value().size(), 3u);
  EXPECT_EQ(store->read([](Session& s) { return count(s, "training-job"); }).value(), 3);
  EXPECT_EQ(store->read([](Session& s) { return count(s, "training-job", {"Completed"}); }).value(), 1);
  EXPECT_EQ(store->read([](Session& s) { return count(s, "model"); }).value(), 0);
}

TEST_F(RecordsTest, TagsKeepTheOrderOfFirstAddition) {
  auto record = job("tagged", 1);
  record.id = add(record);
  auto put = [&](std::vector<Tag> tags) {
    return store->write([&](Session& s) { return put_tags(s, record.arn, tags); });
  };
  auto tags = [&] { return store->read([&](Session& s) { return tags_of(s, record.arn); }).value(); };
  ASSERT_TRUE(put({{"z", "1"}, {"a", "2"}}).ok());
  ASSERT_TRUE(put({{"m", "3"}, {"z", "4"}}).ok());
  EXPECT_THAT(tags(), ElementsAre(Tag{"z", "4"}, Tag{"a", "2"}, Tag{"m", "3"}));
  ASSERT_TRUE(store->write([&](Session& s) { return erase_tags(s, record.arn, {"z", "none"}); }).ok());
  ASSERT_TRUE(put({{"z", ""}}).ok());
  EXPECT_THAT(tags(), ElementsAre(Tag{"a", "2"}, Tag{"m", "3"}, Tag{"z", ""}));
  ASSERT_TRUE(store->write([&](Session& s) { return erase(s, record.id); }).ok());
  EXPECT_TRUE(tags().empty());
}

TEST_F(RecordsTest, FiftyTagsAResource) {
  std::vector<Tag> many;
  for (int i = 0; i < 50; ++i) many.push_back({fmt::format("k{}", i), "v"});
  ASSERT_TRUE(store->write([&](Session& s) { return put_tags(s, "arn:x", many); }).ok());
  ASSERT_TRUE(store->write([&](Session& s) { return put_tags(s, "arn:x", {{"k7", "again"}}); }).ok());
  auto more = store->write([&](Session& s) -> Outcome<void> {
    auto refused = put_tags(s, "arn:x", {{"k1", "changed"}, {"k50", "v"}});
    EXPECT_EQ(refused.error().kind, ErrorKind::limit_exceeded);
    return {};  // going on after the error must not keep half of it
  });
  ASSERT_TRUE(more.ok());
  auto tags = store->read([&](Session& s) { return tags_of(s, "arn:x"); }).value();
  EXPECT_EQ(tags.size(), 50u);
  EXPECT_EQ(tags[1].value, "v");
}

class RecordPlanTest : public RecordsTest {
 protected:
  std::string plan(const ListQuery& query, const PagePlace* after) {
    auto statement = list_statement(query, after);
    std::string text;
    auto read = store->read([&](Session& session) {
      return session.run("EXPLAIN QUERY PLAN " + statement.sql, statement.values, [&](const Row& row) {
        text += std::string(row.text(3)) + "\n";
        return true;
      });
    });
    EXPECT_TRUE(read.ok()) << read.error().detail;
    return text;
  }
};

TEST_F(RecordPlanTest, CommonListsReadAnIndexInOrder) {
  const PagePlace place{"text", 5, 5};
  struct Case {
    std::string index, column;
    ListQuery query;
  };
  auto base = jobs();
  auto by_name = base;
  by_name.sort = ListQuery::Sort::name;
  auto by_modified = base;
  by_modified.sort = ListQuery::Sort::modified;
  auto by_status = base;
  by_status.sort = ListQuery::Sort::status;
  auto of_status = base;
  of_status.status = "Completed";
  auto of_parent = base;
  of_parent.parent = "p";
  auto since = base;
  since.created_after = Time{1};
  auto named = base;
  named.name_contains = "x";
  for (auto& [index, column, query] :
       {Case{"records_created", "created", base}, Case{"records_name", "name", by_name},
        Case{"records_modified", "modified", by_modified}, Case{"records_status", "created", of_status},
        Case{"records_status", "created)", by_status}, Case{"records_parent", "created", of_parent},
        Case{"records_created", "created", since}, Case{"records_created", "created", named}}) {
    for (bool down : {false, true}) {
      for (const PagePlace* after : {static_cast<const PagePlace*>(nullptr), &place}) {
        auto turned = query;
        turned.descending = down;
        auto text = plan(turned, after);
        EXPECT_NE(text.find("USING INDEX " + index), std::string::npos) << text;
        EXPECT_EQ(text.find("TEMP B-TREE"), std::string::npos) << "sorted: " << text;
        if (after) {
          // The page starts at its place instead of skipping to it.
          EXPECT_NE(text.find(column + (down ? "<" : ">")), std::string::npos) << text;
        }
      }
    }
  }
}

TEST_F(RecordPlanTest, PageOfAHundredThousandIsQuick) {
  auto filled = store->write([&](Session& session) -> Outcome<void> {
    for (int i = 0; i < 100000; ++i) {
      auto record = job(fmt::format("job-{:06}", i), 1000 + i);
      record.document.append(800, ' ');
      CHECK_OK(insert(session, record));
    }
    return {};
  });
  ASSERT_TRUE(filled.ok()) << filled.error().detail;
  auto query = jobs();
  query.limit = 10;
  query.descending = true;
  query.after = make_page_token(fmt::format("{}\n{}\n{}\n{}\n{}", query.kind, here.account, here.region, 0, true),
                                {"", 50000, 49001});
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 20; ++i) {
    auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(page(query).records.size(), 10u);
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begun);
  }
  RecordProperty("page_microseconds", static_cast<int>(best.count() / 1000));
  // A scan of the table takes over 30 ms; the bound leaves a slow machine a factor of ten.
  EXPECT_LT(best, std::chrono::milliseconds(10));
  EXPECT_EQ(page(query).records.front().name, "job-048999");
}

}  // namespace
}  // namespace clary::meta
