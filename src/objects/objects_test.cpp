#include "objects/objects.hpp"

#include <atomic>
#include <thread>

#include "base/bytes.hpp"
#include "objects/checksum.hpp"
#include "objects/objects_fixture.hpp"

namespace clary::objects {
namespace {

class ObjectsTest : public ObjectsFixture {};

TEST_F(ObjectsTest, WhatWasPutIsReadBack) {
  for (std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{32 * 1024}, std::size_t{32 * 1024 + 1},
        std::size_t{512 * 1024}, std::size_t{512 * 1024 + 1}, std::size_t{9 * 1024 * 1024 + 17}}) {
    const std::string data = noise(size);
    Object description = named("size/" + std::to_string(size));
    description.headers = {{"content-type", "text/csv"}, {"x-amz-meta-who", "me"}};
    description.tags = {{"stage", "raw"}};
    auto written = put(description, data);
    ASSERT_TRUE(written.ok()) << written.error().detail;
    EXPECT_EQ(written->etag, to_hex(md5(data)));
    auto found = objects_->stat("digits", description.key);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->size, size);
    EXPECT_EQ(found->headers, description.headers);
    EXPECT_EQ(found->tags, description.tags);
    EXPECT_EQ(found->checksum_algorithm, "CRC64NVME");
    EXPECT_EQ(*get(description.key), data);
  }
  reopen();
  EXPECT_EQ(*get("size/9437201"), noise(9 * 1024 * 1024 + 17));
  EXPECT_EQ(*get("size/4096"), noise(4096));
}

TEST_F(ObjectsTest, SmallObjectsMakeNoFile) {
  ASSERT_TRUE(put("small", noise(32 * 1024)).ok());
  EXPECT_EQ(blobs(), 0u);
  auto reader = objects_->open("digits", "small");
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->file(), nullptr);
  EXPECT_EQ((*reader)->memory().size(), 32u * 1024);
  ASSERT_TRUE(put("large", noise(32 * 1024 + 1)).ok());
  EXPECT_EQ(blobs(), 1u);
  reader = objects_->open("digits", "large");
  ASSERT_TRUE(reader.ok());
  EXPECT_NE((*reader)->file(), nullptr);
}

TEST_F(ObjectsTest, MissingThingsHaveTheirErrors) {
  EXPECT_EQ(code_of(objects_->stat("nowhere", "x")), "NoSuchBucket");
  EXPECT_EQ(code_of(objects_->stat("digits", "x")), "NoSuchKey");
  EXPECT_EQ(code_of(objects_->open("digits", "x")), "NoSuchKey");
  EXPECT_EQ(code_of(objects_->create("nowhere", named("x"))), "NoSuchBucket");
  EXPECT_EQ(code_of(objects_->list("nowhere", "", "", "", 10)), "NoSuchBucket");
  EXPECT_EQ(code_of(objects_->erase("nowhere", "x", {})), "NoSuchBucket");
  EXPECT_FALSE(*objects_->erase("digits", "x", {}));
  EXPECT_EQ(code_of(put(std::string(1025, 'k'), "x")), "KeyTooLongError");
  EXPECT_EQ(code_of(put("broken\xFF", "x")), "InvalidURI");
  EXPECT_TRUE(put(std::string(1024, 'k'), "x").ok());
}

TEST_F(ObjectsTest, KeysAreTextNeverPaths) {
  for (std::string key :
       {"../../etc/passwd", "/leading", "a//b", ".", "..", "a/../b", "line\nbreak", "\x01", "日本語/📦", "a b+c%20"}) {
    ASSERT_TRUE(put(key, "at " + key).ok()) << key;
  }
  for (std::string key :
       {"../../etc/passwd", "/leading", "a//b", ".", "..", "a/../b", "line\nbreak", "\x01", "日本語/📦", "a b+c%20"}) {
    EXPECT_EQ(*get(key), "at " + key);
  }
  EXPECT_EQ(code_of(objects_->stat("digits", "b")), "NoSuchKey");
}

TEST_F(ObjectsTest, WhatTheClientSaidOfTheBytesIsChecked) {
  const std::string data = noise(100000);
  const std::string good = to_base64(md5(data)), bad = to_base64(md5("other"));
  EXPECT_EQ(code_of(put(named("k"), data, {.md5 = bad})), "BadDigest");
  EXPECT_EQ(code_of(put(named("k"), data, {.md5 = "nonsense"})), "InvalidDigest");
  EXPECT_EQ(code_of(put(named("k"), data, {.size = 99999})), "IncompleteBody");
  EXPECT_EQ(code_of(put(named("k"), data, {.sha256 = std::string(64, '0')})), "XAmzContentSHA256Mismatch");
  for (std::string algorithm : {"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"}) {
    Checksum right(*algorithm_named(algorithm)), wrong(*algorithm_named(algorithm));
    right.update(data);
    wrong.update("other");
    Object description = named("k");
    description.checksum_algorithm = algorithm;
    description.checksum = to_base64(wrong.raw());
    EXPECT_EQ(code_of(put(description, data)), "BadDigest") << algorithm;
    description.checksum = "AAAA";
    EXPECT_EQ(code_of(put(description, data)), "InvalidRequest") << algorithm;
    EXPECT_EQ(code_of(objects_->stat("digits", "k")), "NoSuchKey");
    EXPECT_EQ(blobs(), 0u);
    const std::string checksum = to_base64(right.raw());
    description.checksum = checksum;
    auto written = put(description, data, {.size = data.size(), .md5 = good});
    ASSERT_TRUE(written.ok()) << algorithm;
    EXPECT_EQ(written->checksum, checksum);
    EXPECT_EQ(written->checksum_type, "FULL_OBJECT");
    ASSERT_TRUE(objects_->erase("digits", "k", {}).ok());
  }
  Hash sha256 = Hash::sha256();
  sha256.update(data);
  EXPECT_TRUE(put(named("k"), data, {.sha256 = to_hex(sha256.finish())}).ok());
  Object unknown = named("k");
  unknown.checksum_algorithm = "CRC16";
  EXPECT_EQ(code_of(put(unknown, data)), "InvalidRequest");
}

TEST_F(ObjectsTest, ATrailingChecksumIsChecked) {
  Object description = named("k");
  description.checksum_algorithm = "CRC32";
  auto writer = objects_->create_checked("digits", description, {}, {});
  ASSERT_TRUE((*writer)->write("123456789").ok());
  (*writer)->expect_checksum("AAAAAA==");
  EXPECT_EQ(code_of((*writer)->commit()), "BadDigest");
  writer = objects_->create_checked("digits", description, {}, {});
  ASSERT_TRUE((*writer)->write("123456789").ok());
  (*writer)->expect_checksum("y/Q5Jg==");
  EXPECT_TRUE((*writer)->commit().ok());
}

TEST_F(ObjectsTest, AnAbandonedWriterLeavesNothing) {
  ASSERT_TRUE(put("k", "before").ok());
  {
    auto writer = objects_->create("digits", named("k"));
    ASSERT_TRUE((*writer)->write(noise(3 * 1024 * 1024)).ok());
    EXPECT_EQ(blobs(), 1u);
  }
  EXPECT_EQ(blobs(), 0u);
  EXPECT_EQ(*get("k"), "before");
}

TEST_F(ObjectsTest, ReplacingAndDeletingRemovesTheBlob) {
  ASSERT_TRUE(put("k", noise(100000)).ok());
  ASSERT_TRUE(put("k", noise(200000)).ok());
  EXPECT_EQ(blobs(), 1u);
  EXPECT_TRUE(*objects_->erase("digits", "k", {}));
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(ObjectsTest, Conditions) {
  auto first = put(named("k"), "one", {}, {.if_none_match = true});
  ASSERT_TRUE(first.ok());
  auto again = put(named("k"), "two", {}, {.if_none_match = true});
  EXPECT_EQ(code_of(again), "PreconditionFailed");
  EXPECT_EQ(code_of(put(named("k"), "two", {}, {.if_match = "0123"})), "PreconditionFailed");
  EXPECT_EQ(code_of(put(named("new"), "two", {}, {.if_match = first->etag})), "NoSuchKey");
  EXPECT_TRUE(put(named("k"), "two", {}, {.if_match = first->etag}).ok());
  EXPECT_EQ(*get("k"), "two");
  EXPECT_EQ(code_of(objects_->erase("digits", "k", {.if_match = first->etag})), "PreconditionFailed");
  EXPECT_TRUE(*objects_->erase("digits", "k", {.if_match = "*"}));
}

TEST_F(ObjectsTest, OfTwoRacingFirstWritesOneWins) {
  std::atomic<int> won{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] { won += put(named("k"), noise(50000, i), {}, {.if_none_match = true}).ok(); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(blobs(), 1u);
}

TEST_F(ObjectsTest, ReadersSeeOneVersionWhole) {
  constexpr std::size_t size = 300000;
  ASSERT_TRUE(put("k", std::string(size, 'a')).ok());
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 2; ++writer) {
    threads.emplace_back([&, writer] {
      for (int i = 0; i < 40; ++i)
        EXPECT_TRUE(put("k", std::string(i % 3 ? size : 1000, static_cast<char>('a' + 13 * writer + i % 13))).ok());
      stop = true;
    });
  }
  for (int reader = 0; reader < 3; ++reader) {
    threads.emplace_back([&] {
      while (!stop) {
        auto open = objects_->open("digits", "k");
        ASSERT_TRUE(open.ok()) << open.error().detail;
        auto data = all_of(**open);
        ASSERT_TRUE(data.ok()) << data.error().detail;
        EXPECT_EQ(to_hex(md5(*data)), (*open)->object().etag);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(blobs(), 1u);
}

TEST_F(ObjectsTest, CopiesShareTheBytes) {
  Object description = named("from");
  description.headers = {{"content-type", "text/csv"}};
  description.tags = {{"a", "1"}};
  const std::string data = noise(200000);
  ASSERT_TRUE(put(description, data).ok());
  auto copied = objects_->copy({"digits", "from", ""}, "digits", named("to"), {});
  ASSERT_TRUE(copied.ok());
  EXPECT_EQ(blobs(), 1u);
  EXPECT_EQ(copied->headers, description.headers);
  EXPECT_EQ(objects_->stat("digits", "to")->tags, description.tags);
  Object other = named("other");
  other.headers = {{"content-type", "x/y"}};
  ASSERT_TRUE(
      objects_->copy({"digits", "from", ""}, "digits", other, {.keep_headers = false, .keep_tags = false}).ok());
  EXPECT_EQ(objects_->stat("digits", "other")->headers, other.headers);
  EXPECT_TRUE(objects_->stat("digits", "other")->tags.empty());
  ASSERT_TRUE(objects_->erase("digits", "from", {}).ok());
  ASSERT_TRUE(put("to", "new").ok());
  EXPECT_EQ(*get("other"), data);
  ASSERT_TRUE(objects_->erase("digits", "other", {}).ok());
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(ObjectsTest, CopyChecksItsSourceAndSums) {
  ASSERT_TRUE(put("from", "123456789").ok());
  EXPECT_EQ(code_of(objects_->copy({"digits", "none", ""}, "digits", named("to"), {})), "NoSuchKey");
  EXPECT_EQ(code_of(objects_->copy({"nowhere", "from", ""}, "digits", named("to"), {})), "NoSuchBucket");
  EXPECT_EQ(code_of(objects_->copy({"digits", "from", ""}, "nowhere", named("to"), {})), "NoSuchBucket");
  EXPECT_EQ(code_of(objects_->copy({"digits", "from", "feed"}, "digits", named("to"), {})), "PreconditionFailed");
  auto copied = objects_->copy({"digits", "from", ""}, "digits", named("to"), {.checksum_algorithm = "CRC32"});
  ASSERT_TRUE(copied.ok());
  EXPECT_EQ(copied->checksum, "y/Q5Jg==");
  EXPECT_EQ(*get("to"), "123456789");
}

TEST_F(ObjectsTest, ACopyOntoItselfKeepsTheBlob) {
  ASSERT_TRUE(put("k", noise(100000)).ok());
  Object description = named("k");
  description.headers = {{"content-type", "new/type"}};
  ASSERT_TRUE(objects_->copy({"digits", "k", ""}, "digits", description, {.keep_headers = false}).ok());
  EXPECT_EQ(*get("k"), noise(100000));
  EXPECT_EQ(blobs(), 1u);
}

TEST_F(ObjectsTest, ManyAreDeletedAtOnce) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(put("k" + std::to_string(i), noise(40000, i)).ok());
  auto outcomes = objects_->erase_all("digits", {{"k0", {}}, {"none", {}}, {"k1", {.if_match = "wrong"}}, {"k2", {}}});
  ASSERT_TRUE(outcomes.ok());
  ASSERT_EQ(outcomes->size(), 4u);
  EXPECT_TRUE(*(*outcomes)[0]);
  EXPECT_FALSE(*(*outcomes)[1]);
  EXPECT_EQ(code_of((*outcomes)[2]), "PreconditionFailed");
  EXPECT_TRUE(*(*outcomes)[3]);
  EXPECT_EQ(blobs(), 3u);
}

TEST_F(ObjectsTest, Buckets) {
  EXPECT_EQ(code_of(objects_->create_bucket("digits", scope_)), "BucketAlreadyOwnedByYou");
  EXPECT_EQ(code_of(objects_->create_bucket("digits", {"111111111111", "us-east-1"})), "BucketAlreadyExists");
  ASSERT_TRUE(objects_->create_bucket("digits-west", {"000000000000", "eu-west-1"}).ok());
  ASSERT_TRUE(objects_->create_bucket("models", scope_).ok());
  EXPECT_EQ(objects_->bucket("digits-west")->owner.region, "eu-west-1");
  auto page = objects_->buckets({.account = "000000000000", .region = "", .prefix = "dig", .after = "", .limit = 1});
  ASSERT_EQ(page->buckets.size(), 1u);
  EXPECT_EQ(page->buckets[0].name, "digits");
  EXPECT_TRUE(page->truncated);
  page = objects_->buckets({.account = "000000000000", .region = "", .prefix = "dig", .after = "digits", .limit = 1});
  EXPECT_EQ(page->buckets[0].name, "digits-west");
  EXPECT_FALSE(page->truncated);
  page = objects_->buckets({.account = "000000000000", .region = "us-east-1", .prefix = "", .after = ""});
  EXPECT_EQ(page->buckets.size(), 2u);

  ASSERT_TRUE(objects_->set_bucket_tags("digits", {{"team", "a"}}).ok());
  EXPECT_EQ(objects_->bucket_tags("digits")->at("team"), "a");
  ASSERT_TRUE(put("k", "x").ok());
  EXPECT_EQ(code_of(objects_->delete_bucket("digits")), "BucketNotEmpty");
  ASSERT_TRUE(objects_->erase("digits", "k", {}).ok());
  EXPECT_TRUE(objects_->delete_bucket("digits").ok());
  EXPECT_EQ(code_of(objects_->bucket("digits")), "NoSuchBucket");
  EXPECT_EQ(code_of(objects_->bucket_tags("digits")), "NoSuchBucket");
}

TEST_F(ObjectsTest, TagsOfAnObject) {
  auto written = put("k", "x");
  ASSERT_TRUE(objects_->set_tags("digits", "k", {{"a", "1"}, {"b", ""}}).ok());
  auto found = objects_->stat("digits", "k");
  EXPECT_EQ(found->tags, (Tags{{"a", "1"}, {"b", ""}}));
  EXPECT_EQ(found->modified, written->modified);
  EXPECT_EQ(code_of(objects_->set_tags("digits", "none", {})), "NoSuchKey");
}

}  // namespace
}  // namespace clary::objects
