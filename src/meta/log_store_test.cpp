#include "meta/log_store.hpp"

#include <algorithm>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "base/test_scope.hpp"
#include "meta/log_rows.hpp"

namespace clary::meta {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view group = "/aws/sagemaker/TrainingJobs";
constexpr std::string_view stream = "digits/algo-1";
constexpr std::int64_t base = 1'800'000'000'000;

class LogStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Store::open({}, log_migrations);
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    store = *opened;
    logs.emplace(store, clock);
  }
  void append(std::string_view to, const std::vector<LogEvent>& events) {
    auto done = store->write([&](Session& session) { return logs->append(session, here, group, to, events); });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  void put(const std::vector<LogEvent>& events) {
    auto done = logs->put(here, group, stream, events);
    ASSERT_TRUE(done.ok()) << done.error().message << done.error().detail;
  }
  void make() {
    ASSERT_TRUE(logs->create_group(here, group).ok());
    ASSERT_TRUE(logs->create_stream(here, group, stream).ok());
  }
  LogStore::EventPage page(const LogStore::EventQuery& query) {
    auto got = logs->events(here, group, stream, query);
    EXPECT_TRUE(got.ok()) << got.error().message << got.error().detail;
    return *got;
  }
  LogStore::FilterPage found(const LogStore::FilterQuery& query, std::string_view part = "") {
    auto got = logs->filter(here, group, query, [&](std::string_view text) { return text.find(part) != text.npos; });
    EXPECT_TRUE(got.ok()) << got.error().message << got.error().detail;
    return *got;
  }
  LogStream described(std::string_view name = stream) {
    auto got = logs->streams(here, group, name, false, false, "", 1);
    EXPECT_TRUE(got.ok());
    return got->streams.at(0);
  }
  std::int64_t rows(std::string_view sql) {
    std::int64_t count = -1;
    auto read = store->read([&](Session& session) {
      return session.run(sql, {}, [&](const Row& row) {
        count = row.integer(0);
        return true;
      });
    });
    EXPECT_TRUE(read.ok());
    return count;
  }
  ManualClock clock{Time{base * 1000}};
  std::shared_ptr<Store> store;
  std::optional<LogStore> logs;
};

std::vector<std::string> texts(const std::vector<LogEvent>& events) {
  std::vector<std::string> out;
  for (const auto& event : events) out.push_back(event.message);
  return out;
}

std::vector<LogEvent> lines(std::int64_t from, std::int64_t count, std::int64_t step = 1,
                            std::string_view text = "line") {
  std::vector<LogEvent> out;
  for (std::int64_t i = from; i < from + count; ++i) out.push_back({base + i * step, 0, fmt::format("{} {}", text, i)});
  return out;
}

void expect_code(const auto& outcome, std::string_view code) {
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, code) << outcome.error().message << outcome.error().detail;
}

TEST_F(LogStoreTest, MissingAndTakenNamesHaveTheirErrors) {
  const auto missing = "ResourceNotFoundException", taken = "ResourceAlreadyExistsException";
  expect_code(logs->create_stream(here, group, stream), missing);
  expect_code(logs->put(here, group, stream, lines(0, 1)), missing);
  expect_code(logs->events(here, group, stream, {}), missing);
  expect_code(logs->filter(here, group, {}, {}), missing);
  expect_code(logs->streams(here, group, "", false, false, "", 10), missing);
  expect_code(logs->delete_group(here, group), missing);
  expect_code(logs->set_retention(here, group, 1), missing);
  make();
  expect_code(logs->create_group(here, group), taken);
  expect_code(logs->create_stream(here, group, stream), taken);
  expect_code(logs->put(here, group, "other", lines(0, 1)), missing);
  expect_code(logs->events(here, group, "other", {}), missing);
  expect_code(logs->filter(here, group, {.streams = {"other"}}, {}), missing);
  expect_code(logs->delete_stream(here, group, "other"), missing);
  expect_code(logs->events(elsewhere, group, stream, {}), missing);
  EXPECT_TRUE(logs->create_group(elsewhere, group).ok());
}

TEST_F(LogStoreTest, GroupsAreListedByNameInPages) {
  for (auto name : {"/b/2", "/a", "/b/10", "/c", "/b/1"}) ASSERT_TRUE(logs->create_group(here, name).ok());
  ASSERT_TRUE(logs->set_retention(here, "/b/1", 7).ok());
  auto first = logs->groups(here, "/b", "", 2);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first->groups.size(), 2u);
  EXPECT_EQ(first->groups[0].name, "/b/1");
  EXPECT_EQ(first->groups[0].retention_days, 7);
  EXPECT_EQ(first->groups[1].name, "/b/10");
  EXPECT_EQ(first->groups[1].retention_days, std::nullopt);
  EXPECT_EQ(first->groups[1].created, clock.now());
  auto second = logs->groups(here, "/b", first->next, 2);
  ASSERT_TRUE(second.ok());
  ASSERT_EQ(second->groups.size(), 1u);
  EXPECT_EQ(second->groups[0].name, "/b/2");
  EXPECT_EQ(second->next, "");
  expect_code(logs->groups(here, "/c", first->next, 2), "InvalidParameterException");
  expect_code(logs->groups(here, "/b", "nonsense", 2), "InvalidParameterException");
  EXPECT_EQ(logs->groups(elsewhere, "", "", 10)->groups.size(), 0u);
}

TEST_F(LogStoreTest, StreamsAreListedByNameOrLastEvent) {
  ASSERT_TRUE(logs->create_group(here, group).ok());
  ASSERT_TRUE(logs->create_stream(here, group, "empty").ok());
  append("job-a/algo-1", {{base + 30, 0, "x"}});
  append("job-b/algo-1", {{base + 10, 0, "x"}});
  append("job-b/algo-2", {{base + 20, 0, "x"}});
  auto names = [&](std::string_view prefix, bool by_last, bool down) {
    std::vector<std::string> all;
    std::string after;
    do {
      auto got = logs->streams(here, group, prefix, by_last, down, after, 1);
      EXPECT_TRUE(got.ok()) << got.error().detail;
      for (auto& one : got->streams) all.push_back(one.name);
      after = got->next;
    } while (!after.empty());
    return all;
  };
  EXPECT_THAT(names("", false, false), ElementsAre("empty", "job-a/algo-1", "job-b/algo-1", "job-b/algo-2"));
  EXPECT_THAT(names("", false, true), ElementsAre("job-b/algo-2", "job-b/algo-1", "job-a/algo-1", "empty"));
  EXPECT_THAT(names("", true, true), ElementsAre("job-a/algo-1", "job-b/algo-2", "job-b/algo-1", "empty"));
  EXPECT_THAT(names("", true, false), ElementsAre("empty", "job-b/algo-1", "job-b/algo-2", "job-a/algo-1"));
  EXPECT_THAT(names("job-b/", false, false), ElementsAre("job-b/algo-1", "job-b/algo-2"));
  EXPECT_THAT(names("job-", true, true), ElementsAre("job-a/algo-1", "job-b/algo-2", "job-b/algo-1"));
  EXPECT_THAT(names("none", false, false), IsEmpty());
}

TEST_F(LogStoreTest, StreamRowTellsOfItsEvents) {
  make();
  EXPECT_EQ(described().first_event, std::nullopt);
  EXPECT_EQ(described().last_ingestion, std::nullopt);
  EXPECT_EQ(described().stored_bytes, 0);
  put({{base + 5, 0, "abc"}, {base + 7, 0, "de"}});
  clock.advance(1);
  put({{base + 1, 0, "f"}});
  auto row = described();
  EXPECT_EQ(row.first_event, Time{(base + 1) * 1000});
  EXPECT_EQ(row.last_event, Time{(base + 7) * 1000});
  EXPECT_EQ(row.last_ingestion, clock.now());
  EXPECT_EQ(row.stored_bytes, 6 + 3 * 26);
  EXPECT_EQ(logs->groups(here, group, "", 1)->groups[0].stored_bytes, 6 + 3 * 26);
  auto events = page({.from_head = true}).events;
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].ingestion, base + 1000) << "the later put, the earlier event";
  EXPECT_EQ(events[1].ingestion, base);
}

TEST_F(LogStoreTest, EmptyStreamGivesTokensThatLaterEventsFollow) {
  make();
  for (bool head : {true, false}) {
    auto empty = page({.from_head = head});
    EXPECT_THAT(empty.events, IsEmpty());
    EXPECT_TRUE(empty.forward.starts_with("f/"));
    EXPECT_TRUE(empty.backward.starts_with("b/"));
    auto again = page({.from_head = head, .token = empty.forward});
    EXPECT_EQ(again.forward, empty.forward) << "the end repeats its token";
  }
  auto token = page({}).forward;
  put(lines(0, 3));
  EXPECT_THAT(texts(page({.token = token}).events), ElementsAre("line 0", "line 1", "line 2"));
}

TEST_F(LogStoreTest, FollowerGetsJustTheNewerEvents) {
  append(stream, lines(0, 3));
  auto at = page({.from_head = true});
  EXPECT_EQ(at.events.size(), 3u);
  auto idle = page({.from_head = true, .token = at.forward});
  EXPECT_THAT(idle.events, IsEmpty());
  EXPECT_EQ(idle.forward, at.forward);
  append(stream, {{base + 2, 0, "same time"}});
  append(stream, {{base - 500, 0, "clock set back"}, {base + 9, 0, "later"}});
  auto next = page({.from_head = true, .token = at.forward});
  EXPECT_THAT(texts(next.events), ElementsAre("same time", "clock set back", "later"));
  EXPECT_EQ(next.events[1].timestamp, base + 2) << "append never files an event before the stream's last";
  EXPECT_THAT(texts(page({.token = next.backward}).events), ElementsAre("line 0", "line 1", "line 2"));
}

TEST_F(LogStoreTest, WithoutStartFromHeadTheLatestComeAscending) {
  append(stream, lines(0, 10));
  auto tail = page({.limit = 3});
  EXPECT_THAT(texts(tail.events), ElementsAre("line 7", "line 8", "line 9"));
  auto before = page({.limit = 3, .token = tail.backward});
  EXPECT_THAT(texts(before.events), ElementsAre("line 4", "line 5", "line 6"));
  EXPECT_THAT(texts(page({.limit = 3, .token = before.forward}).events), ElementsAre("line 7", "line 8", "line 9"));
  EXPECT_THAT(page({.token = tail.forward}).events, IsEmpty());
  auto begin = page({.limit = 100, .token = before.backward});
  EXPECT_EQ(begin.events.size(), 4u);
  auto beyond = page({.token = begin.backward});
  EXPECT_THAT(beyond.events, IsEmpty());
  EXPECT_EQ(beyond.backward, begin.backward);
  EXPECT_EQ(page({.token = beyond.forward}).events.size(), 10u);
}

TEST_F(LogStoreTest, StartIsInclusiveAndEndExclusive) {
  append(stream, lines(0, 10));
  for (bool head : {true, false}) {
    auto got = page({.start = base + 3, .end = base + 6, .from_head = head});
    EXPECT_THAT(texts(got.events), ElementsAre("line 3", "line 4", "line 5"));
  }
  EXPECT_THAT(texts(page({.start = base + 8, .from_head = true}).events), ElementsAre("line 8", "line 9"));
  EXPECT_THAT(texts(page({.end = base + 2}).events), ElementsAre("line 0", "line 1"));
  EXPECT_THAT(page({.start = base + 10}).events, IsEmpty());
  EXPECT_THAT(page({.start = base + 5, .end = base + 5, .from_head = true}).events, IsEmpty());
}

TEST_F(LogStoreTest, WrongTokensAreRefused) {
  append(stream, lines(0, 2));
  append("other", lines(0, 2));
  auto other = logs->events(here, group, "other", {})->forward;
  auto good = page({}).forward;
  for (std::string token : {std::string("x"), std::string("f/"), std::string("f/123"), "g" + good.substr(1), good + "0",
                            other, "f/" + std::string(64, 'z'), good.substr(2)}) {
    expect_code(logs->events(here, group, stream, {.token = token}), "InvalidParameterException");
  }
  expect_code(logs->filter(here, group, {.token = "x"}, {}), "InvalidParameterException");
}

TEST_F(LogStoreTest, OverlappingBatchesComeInOneOrder) {
  make();
  // Batches that reach over one another, out of order, with equal timestamps: order is by time, then by arrival.
  std::vector<std::pair<std::int64_t, std::string>> expected;
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<LogEvent> events;
    for (int i = 0; i < 50; ++i) {
      const std::int64_t time = base + (batch * 37) % 11 + i * 10 - i % 3;
      events.push_back({time, 0, fmt::format("{:02} {:02}", batch, i)});
    }
    std::stable_sort(events.begin(), events.end(), [](auto& a, auto& b) { return a.timestamp < b.timestamp; });
    for (auto& event : events) expected.emplace_back(event.timestamp, event.message);
    put(events);
  }
  std::stable_sort(expected.begin(), expected.end(), [](auto& a, auto& b) { return a.first < b.first; });
  std::vector<std::string> wanted;
  for (auto& [time, text] : expected) wanted.push_back(text);
  for (std::int64_t limit : {7, 100, 10000}) {
    std::vector<std::string> forward, backward;
    LogStore::EventQuery query{.from_head = true, .limit = limit};
    for (auto got = page(query); !got.events.empty(); got = page(query)) {
      for (auto& text : texts(got.events)) forward.push_back(text);
      query.token = got.forward;
    }
    EXPECT_EQ(forward, wanted);
    query = {.limit = limit};
    for (auto got = page(query); !got.events.empty(); got = page(query)) {
      auto some = texts(got.events);
      backward.insert(backward.begin(), some.begin(), some.end());
      query.token = got.backward;
    }
    EXPECT_EQ(backward, wanted);
  }
}

TEST_F(LogStoreTest, UnsortedBatchIsSorted) {
  make();
  put({{base + 2, 0, "c"}, {base, 0, "a"}, {base + 1, 0, "b"}});
  EXPECT_THAT(texts(page({}).events), ElementsAre("a", "b", "c"));
}

TEST_F(LogStoreTest, LinesOneByOneShareBlocksAndKeepTheirPlaces) {
  std::vector<std::string> seen;
  LogStore::EventQuery query{.from_head = true};
  for (int i = 0; i < 500; ++i) {
    append(stream, lines(i, 1, 100));
    auto got = page(query);
    for (auto& text : texts(got.events)) seen.push_back(text);
    query.token = got.forward;
  }
  ASSERT_EQ(seen.size(), 500u);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], fmt::format("line {}", i));
  EXPECT_LT(rows("SELECT count(*) FROM log_blocks"), 20);
  EXPECT_EQ(described().stored_bytes, rows("SELECT sum(stored_bytes) FROM log_blocks"));
  EXPECT_EQ(rows("SELECT sum(events) FROM log_blocks"), 500);
}

TEST_F(LogStoreTest, PageHoldsAMegabyteAndAtLeastOneEvent) {
  std::vector<LogEvent> events;
  for (int i = 0; i < 10; ++i) events.push_back({base + i, 0, std::string(300'000, static_cast<char>('a' + i))});
  append(stream, events);
  append(stream, {{base + 10, 0, std::string(2'000'000, 'z')}});
  auto first = page({.from_head = true});
  EXPECT_EQ(first.events.size(), 3u);
  EXPECT_EQ(page({.from_head = true, .token = first.forward}).events.at(0).message[0], 'd');
  EXPECT_EQ(page({}).events.size(), 1u) << "an event beyond the bound still has its page";
}

TEST_F(LogStoreTest, LongStreamIsReadWholeFromAnyToken) {
  constexpr std::int64_t count = 100'000;
  for (std::int64_t from = 0; from < count; from += 1000) append(stream, lines(from, 1000));
  std::int64_t next = 0;
  std::vector<std::string> tokens;
  LogStore::EventQuery query{.from_head = true};
  auto slowest = std::chrono::nanoseconds(0);
  while (true) {
    auto begun = std::chrono::steady_clock::now();
    auto got = page(query);
    slowest = std::max<std::chrono::nanoseconds>(slowest, std::chrono::steady_clock::now() - begun);
    if (got.events.empty()) break;
    for (auto& event : got.events) ASSERT_EQ(event.message, fmt::format("line {}", next++));
    query.token = got.forward;
    tokens.push_back(got.backward);
  }
  EXPECT_EQ(next, count);
  RecordProperty("slowest_page_microseconds", static_cast<int>(slowest.count() / 1000));
  auto back = page({.limit = 10, .token = tokens[5]});
  EXPECT_EQ(back.events.back().message, "line 49999");
  auto narrow = page({.start = base + 77'777, .end = base + 77'779, .from_head = true});
  EXPECT_THAT(texts(narrow.events), ElementsAre("line 77777", "line 77778"));
}

TEST_F(LogStoreTest, FilterInterleavesStreamsByTime) {
  for (std::int64_t i = 0; i < 30; ++i)
    append(fmt::format("s{}", i % 3), {{base + i, 0, fmt::format("{} {}", i, i % 2 ? "odd" : "even")}});
  auto all = found({});
  ASSERT_EQ(all.events.size(), 30u);
  std::set<std::string> ids;
  for (std::int64_t i = 0; i < 30; ++i) {
    auto& one = all.events[static_cast<std::size_t>(i)];
    EXPECT_EQ(one.event.timestamp, base + i);
    EXPECT_EQ(one.stream, fmt::format("s{}", i % 3));
    ids.insert(one.id);
  }
  EXPECT_EQ(ids.size(), 30u);
  EXPECT_EQ(all.next, "");
  EXPECT_EQ(found({}, "odd").events.size(), 15u);
  EXPECT_EQ(found({.streams = {"s0", "s2"}}).events.size(), 20u);
  EXPECT_EQ(found({.prefix = "s1"}).events.size(), 10u);
  EXPECT_EQ(found({.prefix = "none"}).events.size(), 0u);
  EXPECT_EQ(found({.start = base + 3, .end = base + 5}).events.size(), 2u);
  std::vector<std::string> paged;
  LogStore::FilterQuery query{.limit = 4};
  do {
    auto got = found(query, "even");
    for (auto& one : got.events) paged.push_back(one.id);
    query.token = got.next;
  } while (!query.token.empty());
  EXPECT_EQ(paged.size(), 15u);
  EXPECT_TRUE(std::is_sorted(paged.begin(), paged.end()));
}

TEST_F(LogStoreTest, FilterIsBoundedInWhatItScans) {
  for (std::int64_t i = 0; i < 30; ++i) {
    std::vector<LogEvent> events;
    for (std::int64_t j = 0; j < 1000; ++j) events.push_back({base + i * 1000 + j, 0, std::string(900, 'x')});
    events[500].message += "needle";
    append(fmt::format("s{}", i % 2), events);
  }
  int calls = 0, needles = 0;
  LogStore::FilterQuery query;
  do {
    auto got = found(query, "needle");
    ++calls;
    needles += static_cast<int>(got.events.size());
    query.token = got.next;
    ASSERT_LT(calls, 20);
  } while (!query.token.empty());
  EXPECT_EQ(needles, 30);
  EXPECT_GE(calls, 3) << "27 MB are not scanned in one call";
}

TEST_F(LogStoreTest, FilterPassesManyBlocksOfOtherStreams) {
  ASSERT_TRUE(store
                  ->write([&](Session& session) -> Outcome<void> {
                    for (std::int64_t i = 0; i < 45'000; ++i) {
                      // A minute apart, so that each is a block of its own.
                      CHECK_OK(logs->append(session, here, group, i % 15'000 == 7 ? "rare" : "noise",
                                            {{base + i * 70'000, 0, "x"}}));
                    }
                    return {};
                  })
                  .ok());
  int calls = 0, events = 0;
  LogStore::FilterQuery query{.streams = {"rare"}, .start = base - 1};
  do {
    auto got = found(query);
    ++calls;
    events += static_cast<int>(got.events.size());
    query.token = got.next;
    ASSERT_LT(calls, 10);
  } while (!query.token.empty());
  EXPECT_EQ(events, 3);
  EXPECT_EQ(calls, 2);
}

TEST_F(LogStoreTest, DeletionTakesEverythingWithIt) {
  append("a", lines(0, 2000));
  append("b", lines(0, 2000));
  ASSERT_TRUE(logs->delete_stream(here, group, "a").ok());
  EXPECT_EQ(rows("SELECT count(*) FROM log_streams"), 1);
  EXPECT_EQ(rows("SELECT sum(events) FROM log_blocks"), 2000);
  EXPECT_EQ(logs->groups(here, group, "", 1)->groups[0].stored_bytes, described("b").stored_bytes);
  // The name again: a new stream, without the old one's events.
  append("a", lines(0, 1));
  EXPECT_EQ(logs->events(here, group, "a", {})->events.size(), 1u);
  ASSERT_TRUE(logs->delete_group(here, group).ok());
  for (auto table : {"log_groups", "log_streams", "log_blocks", "log_trash"}) {
    EXPECT_EQ(rows(fmt::format("SELECT count(*) FROM {}", table)), 0) << table;
  }
}

TEST_F(LogStoreTest, DeletionOfMuchIsFinishedByExpire) {
  ASSERT_TRUE(store
                  ->write([&](Session& session) -> Outcome<void> {
                    for (std::int64_t i = 0; i < 6000; ++i)
                      CHECK_OK(logs->append(session, here, group, "big", {{base + i * 70'000, 0, "x"}}));
                    return {};
                  })
                  .ok());
  ASSERT_TRUE(logs->delete_group(here, group).ok());
  EXPECT_GT(rows("SELECT count(*) FROM log_blocks"), 0) << "one call does not hold its caller for all of it";
  expect_code(logs->events(here, group, "big", {}), "ResourceNotFoundException");
  append("big", lines(0, 1));
  EXPECT_EQ(found({}).events.size(), 1u);
  ASSERT_TRUE(logs->expire().ok());
  EXPECT_EQ(rows("SELECT count(*) FROM log_blocks"), 1);
  EXPECT_EQ(rows("SELECT count(*) FROM log_trash"), 0);
}

TEST_F(LogStoreTest, ExpiryRemovesWhatIsOlderThanTheRetention) {
  constexpr std::int64_t day = 24 * 3600 * 1000;
  for (std::int64_t i = 0; i < 100; ++i) append(stream, {{base - 10 * day + i * 70'000, 0, "old"}});
  append(stream, lines(0, 5));
  append("all-old", {{base - 9 * day, 0, "old"}});
  ASSERT_TRUE(logs->expire().ok());
  EXPECT_EQ(page({}).events.size(), 105u) << "no retention, no expiry";
  ASSERT_TRUE(logs->set_retention(here, group, 3).ok());
  ASSERT_TRUE(logs->expire().ok());
  EXPECT_THAT(texts(page({.from_head = true}).events), ElementsAre("line 0", "line 1", "line 2", "line 3", "line 4"));
  EXPECT_EQ(described().first_event, Time{base * 1000});
  EXPECT_EQ(described().stored_bytes, 5 * (6 + 26));
  EXPECT_EQ(described("all-old").last_event, std::nullopt);
  EXPECT_EQ(logs->groups(here, group, "", 1)->groups[0].stored_bytes, 5 * (6 + 26));
  append("all-old", lines(7, 1));
  EXPECT_EQ(logs->events(here, group, "all-old", {})->events.size(), 1u);
  ASSERT_TRUE(logs->set_retention(here, group, std::nullopt).ok());
}

TEST_F(LogStoreTest, AppendSharesTheFateOfItsTransaction) {
  auto undone = store->write([&](Session& session) -> Outcome<void> {
    CHECK_OK(logs->append(session, here, group, stream, lines(0, 5)));
    return validation("changed its mind");
  });
  EXPECT_FALSE(undone.ok());
  EXPECT_EQ(logs->groups(here, "", "", 10)->groups.size(), 0u);
}

}  // namespace
}  // namespace clary::meta
