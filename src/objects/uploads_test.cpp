#include "objects/uploads.hpp"

#include <thread>

#include "base/bytes.hpp"
#include "objects/checksum.hpp"
#include "objects/objects_fixture.hpp"

namespace clary::objects {
namespace {

constexpr std::size_t part_size = 128 * 1024;

class UploadsTest : public ObjectsFixture {
 protected:
  Upload start(std::string key, std::string algorithm = "", std::string type = "") {
    Object description = named(std::move(key));
    description.checksum_algorithm = std::move(algorithm);
    description.checksum_type = std::move(type);
    description.headers = {{"content-type", "application/x-tar"}};
    return *objects_->uploads().start("digits", description);
  }
  Outcome<Part> put_part(const Upload& upload, int number, std::string_view data, Expected expected = {}) {
    if (!expected.size) expected.size = data.size();
    Part part;
    part.number = number;
    TRY(auto writer, objects_->uploads().put(upload, part, expected));
    for (std::size_t at = 0; at < data.size(); at += 50000) CHECK_OK(writer->write(data.substr(at, 50000)));
    return writer->commit();
  }
  static Completion naming(const std::vector<Part>& parts) {
    Completion completion;
    for (const auto& part : parts)
      completion.parts.push_back({part.number, part.etag, part.checksum_algorithm, part.checksum});
    return completion;
  }
  Outcome<Object> complete(const Upload& upload, const Completion& completion, const Condition& condition = {}) {
    return objects_->uploads().complete("digits", upload.key, upload.id, completion, condition);
  }
  std::vector<Part> listed(const Upload& upload) { return objects_->uploads().parts(upload, 0, 10000)->parts; }
};

TEST_F(UploadsTest, PartsInAnyOrderBecomeOneFile) {
  const std::string data = noise(3 * part_size + 1234);
  auto upload = start("k");
  std::string digests;
  for (int number : {3, 1, 4, 2}) {
    auto part = put_part(upload, number, std::string_view(data).substr((number - 1) * part_size, part_size));
    ASSERT_TRUE(part.ok()) << part.error().detail;
  }
  EXPECT_EQ(blobs(), 1u);
  for (const auto& part : listed(upload)) digests += *from_hex(part.etag);
  EXPECT_EQ(code_of(objects_->stat("digits", "k")), "NoSuchKey");
  auto object = complete(upload, naming(listed(upload)));
  ASSERT_TRUE(object.ok()) << object.error().message;
  EXPECT_EQ(object->etag, to_hex(md5(digests)) + "-4");
  EXPECT_EQ(object->size, data.size());
  EXPECT_EQ(*get("k"), data);
  EXPECT_EQ(blobs(), 1u);
  auto found = objects_->stat("digits", "k");
  ASSERT_EQ(found->parts.size(), 4u);
  EXPECT_EQ(found->parts[3].size, 1234u);
  EXPECT_EQ(found->headers.at("content-type"), "application/x-tar");
  EXPECT_EQ(found->checksum_type, "FULL_OBJECT");
  Checksum whole(Algorithm::crc64nvme);
  whole.update(data);
  EXPECT_EQ(found->checksum, to_base64(whole.raw()));
  reopen();
  EXPECT_EQ(*get("k"), data);
}

TEST_F(UploadsTest, PartsSideBySide) {
  const std::string data = noise(16 * part_size);
  auto upload = start("k", "CRC32", "FULL_OBJECT");
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int number = 16 - thread; number > 0; number -= 4) {
        EXPECT_TRUE(put_part(upload, number, std::string_view(data).substr((number - 1) * part_size, part_size)).ok());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(complete(upload, naming(listed(upload))).ok());
  EXPECT_EQ(*get("k"), data);
  EXPECT_EQ(blobs(), 1u);
}

TEST_F(UploadsTest, TheShortLastPartMayComeFirst) {
  const std::string data = noise(part_size + 77);
  auto upload = start("k");
  ASSERT_TRUE(put_part(upload, 2, std::string_view(data).substr(part_size)).ok());
  ASSERT_TRUE(put_part(upload, 1, std::string_view(data).substr(0, part_size)).ok());
  ASSERT_TRUE(complete(upload, naming(listed(upload))).ok());
  EXPECT_EQ(*get("k"), data);
  EXPECT_EQ(blobs(), 1u);
}

TEST_F(UploadsTest, PartsOfManySizesAndPartsSentAgain) {
  auto upload = start("k");
  std::string data;
  for (int number = 1; number <= 7; ++number) {
    std::string piece = noise(5000 + static_cast<std::size_t>(number * 37 % 11) * 20000, number);
    ASSERT_TRUE(put_part(upload, number * 3, noise(70000, 100 + number)).ok());
    ASSERT_TRUE(put_part(upload, number * 3, piece).ok());
    data += piece;
  }
  auto parts = listed(upload);
  ASSERT_EQ(parts.size(), 7u);
  ASSERT_TRUE(complete(upload, naming(parts)).ok());
  EXPECT_EQ(*get("k"), data);
  EXPECT_EQ(blobs(), 1u);
}

TEST_F(UploadsTest, APartSentAgainReplacesTheOldOne) {
  const std::string one = noise(part_size, 1), two = noise(part_size, 2), last = noise(part_size, 3);
  auto upload = start("k");
  auto old = put_part(upload, 1, one);
  ASSERT_TRUE(put_part(upload, 2, last).ok());
  ASSERT_TRUE(put_part(upload, 1, two).ok());
  auto stale = naming(listed(upload));
  stale.parts[0].etag = old->etag;
  EXPECT_EQ(code_of(complete(upload, stale)), "InvalidPart");
  ASSERT_TRUE(complete(upload, naming(listed(upload))).ok());
  EXPECT_EQ(*get("k"), two + last);
  EXPECT_EQ(blobs(), 1u);
}

TEST_F(UploadsTest, SomeOfTheParts) {
  const std::string data = noise(3 * part_size);
  auto upload = start("k");
  for (int number : {1, 2, 3})
    ASSERT_TRUE(put_part(upload, number, std::string_view(data).substr((number - 1) * part_size, part_size)).ok());
  auto parts = listed(upload);
  parts.erase(parts.begin() + 1);
  ASSERT_TRUE(complete(upload, naming(parts)).ok());
  EXPECT_EQ(*get("k"), data.substr(0, part_size) + data.substr(2 * part_size));
  EXPECT_EQ(blobs(), 1u);
}

TEST_F(UploadsTest, WhatCompletionRefuses) {
  auto upload = start("k");
  auto one = put_part(upload, 1, noise(500)), two = put_part(upload, 2, noise(500));
  EXPECT_EQ(code_of(complete(upload, {})), "MalformedXML");
  EXPECT_EQ(code_of(complete(upload, naming({*two, *one}))), "InvalidPartOrder");
  EXPECT_EQ(code_of(complete(upload, naming({*one, *one}))), "InvalidPartOrder");
  EXPECT_EQ(code_of(complete(upload, naming({*one, *two}))), "EntityTooSmall");
  Part three = *one;
  three.number = 3;
  EXPECT_EQ(code_of(complete(upload, naming({*one, three}))), "InvalidPart");
  auto sized = naming({*one});
  sized.size = 501;
  EXPECT_EQ(code_of(complete(upload, sized)), "InvalidRequest");
  EXPECT_EQ(code_of(objects_->uploads().complete("digits", "other", upload.id, naming({*one}), {})), "NoSuchUpload");
  EXPECT_EQ(code_of(objects_->uploads().complete("digits", "k", "none", naming({*one}), {})), "NoSuchUpload");
  auto summed = naming({*one});
  summed.checksum_algorithm = "CRC64NVME";
  summed.checksum = "AAAAAAAAAAA=";
  EXPECT_EQ(code_of(complete(upload, summed)), "BadDigest");
  ASSERT_TRUE(put("k", "there").ok());
  EXPECT_EQ(code_of(complete(upload, naming({*one}), {.if_none_match = true})), "PreconditionFailed");
  EXPECT_TRUE(complete(upload, naming({*one})).ok());
}

TEST_F(UploadsTest, CompletingAgainGivesTheSameAnswer) {
  auto upload = start("k");
  auto part = put_part(upload, 1, noise(5000));
  auto first = complete(upload, naming({*part}));
  ASSERT_TRUE(first.ok());
  auto again = complete(upload, naming({*part}));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->etag, first->etag);
  EXPECT_EQ(code_of(put_part(upload, 2, "x")), "NoSuchUpload");
  EXPECT_EQ(code_of(objects_->uploads().abort("digits", "k", upload.id)), "NoSuchUpload");
  EXPECT_TRUE(objects_->uploads().list("digits", "", "", "", "", 10)->uploads.empty());
  std::vector<std::thread> threads;
  auto raced = start("raced");
  auto only = put_part(raced, 1, noise(5000));
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { EXPECT_TRUE(complete(raced, naming({*only})).ok()); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(*get("raced"), noise(5000));
}

TEST_F(UploadsTest, AbortLeavesNothing) {
  auto upload = start("k");
  ASSERT_TRUE(put_part(upload, 1, noise(part_size)).ok());
  ASSERT_TRUE(put_part(upload, 1, noise(part_size, 2)).ok());
  EXPECT_EQ(blobs(), 2u);
  Part part;
  part.number = 2;
  auto writer = objects_->uploads().put(upload, part, {.size = 2 * part_size});
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(objects_->uploads().abort("digits", "k", upload.id).ok());
  EXPECT_EQ(code_of(objects_->uploads().find("digits", "k", upload.id)), "NoSuchUpload");
  (void)(*writer)->write(noise(2 * part_size));
  EXPECT_EQ(code_of((*writer)->commit()), "NoSuchUpload");
  writer->reset();
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(UploadsTest, AnAbandonedPartFreesItsPlace) {
  const std::string data = noise(2 * part_size);
  auto upload = start("k");
  ASSERT_TRUE(put_part(upload, 1, data.substr(0, part_size)).ok());
  EXPECT_EQ(code_of(put_part(upload, 2, data.substr(part_size, 1000), {.size = part_size})), "IncompleteBody");
  ASSERT_TRUE(put_part(upload, 2, data.substr(part_size)).ok());
  EXPECT_EQ(blobs(), 1u);
  ASSERT_TRUE(complete(upload, naming(listed(upload))).ok());
  EXPECT_EQ(*get("k"), data);
}

TEST_F(UploadsTest, UploadsGoOnAfterARestart) {
  const std::string data = noise(3 * part_size);
  auto upload = start("k");
  ASSERT_TRUE(put_part(upload, 2, data.substr(part_size, part_size)).ok());
  reopen();
  ASSERT_TRUE(put_part(upload, 3, data.substr(2 * part_size)).ok());
  ASSERT_TRUE(put_part(upload, 1, data.substr(0, part_size)).ok());
  ASSERT_TRUE(complete(upload, naming(listed(upload))).ok());
  EXPECT_EQ(*get("k"), data);
  EXPECT_EQ(blobs(), 1u);
}

TEST_F(UploadsTest, CompositeChecksums) {
  const std::string data = noise(2 * part_size);
  for (std::string algorithm : {"CRC32", "CRC32C", "SHA1", "SHA256"}) {
    auto upload = start("k", algorithm);
    EXPECT_EQ(upload.checksum_type, "COMPOSITE");
    auto one = put_part(upload, 1, data.substr(0, part_size)), two = put_part(upload, 2, data.substr(part_size));
    auto missing = naming({*one, *two});
    missing.parts[1].checksum.clear();
    EXPECT_EQ(code_of(complete(upload, missing)), "InvalidRequest");
    auto object = complete(upload, naming({*one, *two}));
    ASSERT_TRUE(object.ok()) << algorithm;
    Checksum sum(*algorithm_named(algorithm));
    sum.update(*from_base64(one->checksum) + *from_base64(two->checksum));
    EXPECT_EQ(object->checksum, to_base64(sum.raw()) + "-2");
    EXPECT_EQ(object->checksum_type, "COMPOSITE");
  }
  Object description = named("k");
  description.checksum_algorithm = "SHA256";
  description.checksum_type = "FULL_OBJECT";
  EXPECT_EQ(code_of(objects_->uploads().start("digits", description)), "InvalidRequest");
}

TEST_F(UploadsTest, APartOfAnotherAlgorithmIsRefused) {
  auto upload = start("k", "SHA256");
  Part part;
  part.number = 1;
  part.checksum_algorithm = "CRC32";
  part.checksum = "y/Q5Jg==";
  EXPECT_EQ(code_of(objects_->uploads().put(upload, part, {})), "InvalidRequest");
}

TEST_F(UploadsTest, PartsAreCopiedFromObjects) {
  const std::string data = noise(200000);
  ASSERT_TRUE(put("from", data).ok());
  auto upload = start("k");
  auto one = objects_->uploads().copy(upload, 1, {"digits", "from", ""}, ByteRange{1000, 150000});
  auto two = objects_->uploads().copy(upload, 2, {"digits", "from", ""}, std::nullopt);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(code_of(objects_->uploads().copy(upload, 3, {"digits", "from", ""}, ByteRange{1000, 200000})),
            "InvalidArgument");
  EXPECT_EQ(code_of(objects_->uploads().copy(upload, 3, {"digits", "none", ""}, std::nullopt)), "NoSuchKey");
  ASSERT_TRUE(complete(upload, naming({*one, *two})).ok());
  EXPECT_EQ(*get("k"), data.substr(1000, 150000) + data);
}

TEST_F(UploadsTest, ListsOfUploadsAndParts) {
  std::vector<std::string> ids;
  for (std::string key : {"a/1", "a/1", "a/2", "b"}) ids.push_back(start(key).id);
  auto& uploads = objects_->uploads();
  auto page = uploads.list("digits", "", "", "", "", 3);
  ASSERT_EQ(page->uploads.size(), 3u);
  EXPECT_TRUE(page->truncated);
  EXPECT_EQ(page->uploads[0].id, ids[0]);
  EXPECT_EQ(page->uploads[1].id, ids[1]);
  page = uploads.list("digits", "", "", page->next_key, page->next_upload, 3);
  ASSERT_EQ(page->uploads.size(), 1u);
  EXPECT_EQ(page->uploads[0].key, "b");
  EXPECT_EQ(uploads.list("digits", "", "", "a/1", ids[0], 1)->uploads[0].id, ids[1]);
  EXPECT_EQ(uploads.list("digits", "", "", "a/1", "", 9)->uploads[0].id, ids[2]);
  EXPECT_EQ(uploads.list("digits", "a/", "", "", "", 9)->uploads.size(), 3u);
  page = uploads.list("digits", "", "/", "", "", 9);
  EXPECT_EQ(page->prefixes, std::vector<std::string>{"a/"});
  EXPECT_EQ(page->uploads.size(), 1u);

  auto upload = start("parts");
  for (int number : {1, 2, 3}) ASSERT_TRUE(put_part(upload, number, "x").ok());
  auto parts = uploads.parts(upload, 0, 2);
  EXPECT_EQ(parts->parts.size(), 2u);
  EXPECT_TRUE(parts->truncated);
  parts = uploads.parts(upload, 2, 2);
  EXPECT_EQ(parts->parts[0].number, 3);
  EXPECT_FALSE(parts->truncated);
  ASSERT_TRUE(objects_->delete_bucket("digits").ok());
  EXPECT_EQ(blobs(), 0u);
}

}  // namespace
}  // namespace clary::objects
