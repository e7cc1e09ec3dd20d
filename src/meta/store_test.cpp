#include "meta/store.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <stdexcept>
#include <stdlib.h>
#include <sys/stat.h>
#include <thread>

#include "io/file.hpp"

namespace clary::meta {
namespace {

const std::vector<Migration> numbers{{1, R"sql(
CREATE TABLE numbers (n BIGINT PRIMARY KEY, words TEXT, data BLOB);
)sql"}};

class StoreFolder {
 public:
  StoreFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "clary-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~StoreFolder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ + "/meta.db"; }
  StoreOptions options() const { return StoreOptions{.path = file()}; }

 private:
  std::string path_;
};

std::shared_ptr<Store> in_memory(StoreOptions options = {}) {
  auto store = Store::open(options, numbers);
  EXPECT_TRUE(store.ok()) << store.error().detail;
  return *store;
}

Outcome<std::int64_t> add(Session& session, std::int64_t n) {
  return session.run("INSERT INTO numbers (n) VALUES (?)", {n});
}

Outcome<std::int64_t> total(Session& session) {
  std::int64_t count = -1;
  CHECK_OK(session.run("SELECT count(*) FROM numbers", {}, [&](const Row& row) {
    count = row.integer(0);
    return true;
  }));
  return count;
}

std::int64_t total(Store& store) {
  return store.read([](Session& session) { return total(session); }).value();
}

TEST(StoreTest, KeepsEveryKindOfValue) {
  auto store = in_memory();
  const std::string binary("\0\xff\x80 text", 8);
  auto written = store->write([&](Session& session) {
    return session.run("INSERT INTO numbers (n, words, data) VALUES (?, ?, ?)",
                       {std::int64_t{1} << 62, "", Bytes{binary}});
  });
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(*written, 1);
  auto checked = store->read([&](Session& session) -> Outcome<void> {
    CHECK_OK(session.run("SELECT n, words, data, NULL, 0.5 FROM numbers", {}, [&](const Row& row) {
      EXPECT_EQ(row.integer(0), std::int64_t{1} << 62);
      EXPECT_FALSE(row.is_null(1)) << "an empty text is not NULL";
      EXPECT_EQ(row.text(1), "");
      EXPECT_EQ(row.text(2), binary);
      EXPECT_TRUE(row.is_null(3));
      EXPECT_EQ(row.real(4), 0.5);
      return true;
    }));
    return {};
  });
  EXPECT_TRUE(checked.ok());
}

TEST(StoreTest, TakenKeyIsAlreadyExistsAndTheTransactionGoesOn) {
  auto store = in_memory();
  auto written = store->write([](Session& session) -> Outcome<int> {
    CHECK_OK(add(session, 1));
    auto again = add(session, 1);
    EXPECT_FALSE(again.ok());
    EXPECT_EQ(again.error().kind, ErrorKind::already_exists);
    EXPECT_NE(again.error().detail.find("UNIQUE"), std::string::npos);
    CHECK_OK(add(session, 2));
    return 0;
  });
  EXPECT_TRUE(written.ok());
  EXPECT_EQ(total(*store), 2);
}

TEST(StoreTest, ErrorRollsBackItsOwnWriteOnly) {
  auto store = in_memory();
  std::atomic<int> kept{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 200; ++i) {
        auto written = store->write([&](Session& session) -> Outcome<void> {
          CHECK_OK(add(session, thread * 1000 + i));
          if (i % 2) return validation("odd");
          return {};
        });
        EXPECT_EQ(written.ok(), i % 2 == 0);
        if (!written) {
          EXPECT_EQ(written.error().message, "odd");
        }
        kept += written.ok();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(kept, 800);
  EXPECT_EQ(total(*store), 800);
}

TEST(StoreTest, ExceptionRollsBackAndBecomesInternal) {
  auto store = in_memory();
  auto written = store->write([](Session& session) -> Outcome<void> {
    CHECK_OK(add(session, 1));
    throw std::runtime_error("bad luck");
  });
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind, ErrorKind::internal);
  EXPECT_NE(written.error().detail.find("bad luck"), std::string::npos);
  auto read = store->read([](Session& session) -> Outcome<int> {
    CHECK_OK(session.run("SELECT 1", {}, [](const Row&) -> bool { throw std::runtime_error("in a row"); }));
    return 0;
  });
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, ErrorKind::internal);
  EXPECT_EQ(total(*store), 0);
}

TEST(StoreTest, WrongStatementsAreInternalAndSayWhy) {
  auto store = in_memory();
  auto run = [&](std::string_view sql, std::vector<Value> values = {}) {
    return store->write([&](Session& session) { return session.run(sql, values); });
  };
  for (auto& outcome :
       {run("SELEKT 1"), run("SELECT 1; SELECT 2"), run("SELECT ?"), run(""), run("SELECT 1", {std::int64_t{1}})}) {
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().kind, ErrorKind::internal);
    EXPECT_FALSE(outcome.error().detail.empty());
  }
  auto read_only = store->read([](Session& session) { return add(session, 1); });
  EXPECT_FALSE(read_only.ok()) << "a read must not write";
}

TEST(StoreTest, CallsFromInsideAWriteAreRefusedInsteadOfHanging) {
  auto store = in_memory();
  auto written = store->write([&](Session& session) -> Outcome<void> {
    EXPECT_EQ(store->write([](Session& inner) { return add(inner, 7); }).error().kind, ErrorKind::internal);
    EXPECT_EQ(store->read([](Session& inner) { return total(inner); }).error().kind, ErrorKind::internal);
    CHECK_OK(add(session, 1));
    return {};
  });
  EXPECT_TRUE(written.ok());
  EXPECT_EQ(total(*store), 1);
}

TEST(StoreTest, ALoneWriteNeedsNoOtherThread) {
  auto store = in_memory();
  std::thread::id ran;
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(store->write([&](Session& session) -> Outcome<void> {
      ran = std::this_thread::get_id();
      CHECK_OK(add(session, round));
      return {};
    }));
    EXPECT_EQ(ran, std::this_thread::get_id());
  }
  EXPECT_EQ(total(*store), 3);
}

TEST(StoreTest, IsFreeWhereNobodyWrites) {
  auto store = in_memory();
  EXPECT_TRUE(store->is_free());
  ASSERT_TRUE(store->write([&](Session&) -> Outcome<void> {
    EXPECT_FALSE(store->is_free());
    return {};
  }));
  EXPECT_TRUE(store->is_free());
}

TEST(StoreTest, SameStatementRunsInsideItsOwnRows) {
  auto store = in_memory();
  ASSERT_TRUE(store
                  ->write([](Session& session) -> Outcome<void> {
                    for (int n = 0; n < 3; ++n) CHECK_OK(add(session, n));
                    return {};
                  })
                  .ok());
  int rows = 0;
  auto read = store->read([&](Session& session) {
    return session.run("SELECT n FROM numbers", {}, [&](const Row&) {
      auto inner = session.run("SELECT n FROM numbers", {}, [&](const Row&) { return ++rows > 0; });
      EXPECT_TRUE(inner.ok());
      return true;
    });
  });
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(rows, 9);
}

TEST(StoreTest, MoreStatementsThanAreKept) {
  auto store = in_memory();
  auto read = store->read([&](Session& session) -> Outcome<void> {
    for (int round = 0; round < 2; ++round) {
      for (int n = 0; n < 300; ++n) {
        std::int64_t got = -1;
        CHECK_OK(session.run(fmt::format("SELECT {}", n), {}, [&](const Row& row) {
          got = row.integer(0);
          return true;
        }));
        EXPECT_EQ(got, n);
      }
    }
    return {};
  });
  EXPECT_TRUE(read.ok());
}

TEST(StoreTest, ReadersSeeWholeWritesWhileWritersGoOn) {
  auto store = in_memory();
  std::atomic<bool> stop{false};
  std::atomic<int> looks{0};
  std::vector<std::thread> threads;
  for (int reader = 0; reader < 4; ++reader) {
    threads.emplace_back([&] {
      while (!stop) {
        auto pair = store->read([](Session& session) -> Outcome<std::pair<std::int64_t, std::int64_t>> {
          TRY(auto first, total(session));
          TRY(auto second, total(session));
          return std::pair{first, second};
        });
        EXPECT_EQ(pair->first % 2, 0) << "half a write was seen";
        EXPECT_EQ(pair->first, pair->second) << "the view moved inside a read";
        ++looks;
      }
    });
  }
  for (int n = 0; n < 1000 || looks < 50; ++n) {
    auto written = store->write([&](Session& session) -> Outcome<void> {
      CHECK_OK(add(session, 2 * n));
      CHECK_OK(add(session, 2 * n + 1));
      return {};
    });
    ASSERT_TRUE(written.ok());
  }
  stop = true;
  for (auto& thread : threads) thread.join();
}

TEST(StoreTest, FewerConnectionsThanReadersTakeTurns) {
  auto store = in_memory({.readers = 1});
  std::vector<std::thread> threads;
  for (int reader = 0; reader < 6; ++reader) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) EXPECT_EQ(total(*store), 0);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(StoreTest, FullQueueRefusesAfterItsTimeAndLosesNothing) {
  auto store = in_memory({.queue = 1, .write_timeout = std::chrono::seconds(1)});
  std::atomic<bool> inside{false}, release{false};
  std::thread holder([&] {
    auto held = store->write([&](Session& session) -> Outcome<void> {
      inside = true;
      inside.notify_all();
      release.wait(false);
      CHECK_OK(add(session, 1));
      return {};
    });
    EXPECT_TRUE(held.ok());
  });
  inside.wait(false);
  std::vector<std::thread> waiting;
  std::atomic<int> refused{0};
  for (int n = 10; n < 13; ++n) {
    waiting.emplace_back([&, n] {
      auto written = store->write([&](Session& session) { return add(session, n); });
      if (!written) {
        EXPECT_EQ(written.error().kind, ErrorKind::unavailable);
        ++refused;
      }
    });
  }
  for (auto& thread : waiting) thread.join();
  EXPECT_EQ(refused, 3);
  release = true;
  release.notify_all();
  holder.join();
  EXPECT_EQ(total(*store), 1);
  EXPECT_TRUE(store->write([](Session& session) { return add(session, 2); }).ok());
}

TEST(StoreTest, ReopenedFileHoldsWhatWasWritten) {
  StoreFolder folder;
  for (int round = 0; round < 3; ++round) {
    auto store = Store::open(folder.options(), numbers);
    ASSERT_TRUE(store.ok()) << store.error().detail;
    EXPECT_EQ(total(**store), round);
    ASSERT_TRUE((*store)->write([&](Session& session) { return add(session, round); }).ok());
  }
  struct stat status {};
  ASSERT_EQ(::stat(folder.file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u) << "the store holds keys";
}

TEST(StoreTest, WriteAheadLogStaysSmall) {
  StoreFolder folder;
  auto store = Store::open(folder.options(), numbers);
  ASSERT_TRUE(store.ok());
  const std::string words(200'000, 'x');
  for (std::int64_t n = 0; n < 400; ++n) {
    auto written = (*store)->write([&](Session& session) {
      return session.run("INSERT INTO numbers (n, words) VALUES (?, ?)", {n, words});
    });
    ASSERT_TRUE(written.ok());
  }
  EXPECT_GT(std::filesystem::file_size(folder.file()), 50'000'000u);
  EXPECT_LT(std::filesystem::file_size(folder.file() + "-wal"), 25'000'000u);
}

TEST(StoreTest, DamagedPageIsInternalWithADetail) {
  StoreFolder folder;
  {
    auto store = Store::open(folder.options(), numbers);
    ASSERT_TRUE(store.ok());
    const std::string words(200, 'x');
    auto written = (*store)->write([&](Session& session) -> Outcome<void> {
      for (std::int64_t n = 0; n < 2000; ++n) {
        CHECK_OK(session.run("INSERT INTO numbers (n, words) VALUES (?, ?)", {n, words}));
      }
      return {};
    });
    ASSERT_TRUE(written.ok());
  }
  const auto size = std::filesystem::file_size(folder.file());
  std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size / 2));
  file << std::string(size / 2, '\x5a');
  file.close();
  auto store = Store::open(folder.options(), numbers);
  ASSERT_TRUE(store.ok()) << store.error().detail;
  auto read = (*store)->read([](Session& session) { return session.run("SELECT sum(length(words)) FROM numbers"); });
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, ErrorKind::internal);
  EXPECT_NE(read.error().detail.find("malformed"), std::string::npos) << read.error().detail;
  EXPECT_EQ(read.error().message.find("malformed"), std::string::npos) << "the client learns nothing of it";
}

TEST(StoreTest, BrokenFileIsRefusedWithADetail) {
  StoreFolder folder;
  ASSERT_TRUE(io::write_durably(folder.file(), std::string(8192, 'x')).ok());
  auto store = Store::open(folder.options(), numbers);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().kind, ErrorKind::internal);
  EXPECT_NE(store.error().detail.find("not a database"), std::string::npos) << store.error().detail;
}

TEST(MigrationTest, AppliesNewStepsOnce) {
  StoreFolder folder;
  auto steps = numbers;
  ASSERT_TRUE(Store::open(folder.options(), steps).ok());
  steps.push_back({2, "ALTER TABLE numbers ADD COLUMN extra TEXT;\nINSERT INTO numbers (n, extra) VALUES (5, 'new');"});
  for (int round = 0; round < 2; ++round) {
    auto store = Store::open(folder.options(), steps);
    ASSERT_TRUE(store.ok()) << store.error().detail;
    EXPECT_EQ(total(**store), 1);
  }
  // A step of a lower number that came later, in another module's list.
  steps.insert(steps.begin(), {0, "CREATE TABLE other (n BIGINT)"});
  EXPECT_TRUE(Store::open(folder.options(), steps).ok());
}

TEST(MigrationTest, RefusesANewerDatabase) {
  StoreFolder folder;
  auto newer = numbers;
  newer.push_back({2, "CREATE TABLE later (n BIGINT)"});
  ASSERT_TRUE(Store::open(folder.options(), newer).ok());
  auto store = Store::open(folder.options(), numbers);
  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.error().message.find("newer version"), std::string::npos);
  EXPECT_NE(store.error().message.find("step 2"), std::string::npos);
}

TEST(MigrationTest, RefusesAnEditedStep) {
  StoreFolder folder;
  ASSERT_TRUE(Store::open(folder.options(), numbers).ok());
  auto store = Store::open(folder.options(), {{1, "CREATE TABLE numbers (n TEXT)"}});
  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.error().message.find("edited"), std::string::npos);
  EXPECT_FALSE(Store::open({}, {{1, "CREATE TABLE a (n TEXT)"}, {1, "CREATE TABLE b (n TEXT)"}}).ok());
}

TEST(MigrationTest, FailedStepLeavesNothingBehind) {
  StoreFolder folder;
  auto steps = numbers;
  steps.push_back({2, "CREATE TABLE half (n BIGINT);\nINSERT INTO missing VALUES (1);"});
  auto store = Store::open(folder.options(), steps);
  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.error().detail.find("step 2"), std::string::npos);
  steps.back().sql = "CREATE TABLE half (n BIGINT);";
  EXPECT_TRUE(Store::open(folder.options(), steps).ok())
      << "the table of the failed try is gone, and step 2 counts as not applied";
}

}  // namespace
}  // namespace clary::meta
