// What the tests of the object store stand on: a store in a folder of its own, with the bucket "digits". A test
// fixture, one a test. Invariant: reopen() is a restart: everything of the earlier store is gone but for the folder.
#pragma once

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <random>

#include "base/rng.hpp"
#include "objects/objects.hpp"

namespace clary::objects {

class ObjectsFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.folder = folder_ + "/objects";
    options_.sweep_in_background = false;
    options_.minimum_part = 1000;
    reopen();
    ASSERT_TRUE(objects_->create_bucket("digits", scope_).ok());
  }
  void TearDown() override {
    objects_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void reopen() {
    objects_.reset();
    store_.reset();
    std::filesystem::create_directories(folder_);
    auto store = meta::Store::open({.path = in_memory_ ? "" : folder_ + "/meta.db"}, object_migrations);
    ASSERT_TRUE(store.ok()) << store.error().detail;
    store_ = *store;
    auto objects = open_objects(store_, clock_, options_);
    ASSERT_TRUE(objects.ok()) << objects.error().detail;
    objects_ = *objects;
  }

  static std::string noise(std::size_t size, unsigned seed = 1) {
    std::mt19937_64 random(seed);
    std::string data(size, '\0');
    for (char& c : data) c = static_cast<char>(random());
    return data;
  }
  static Object named(std::string key) {
    Object object;
    object.key = std::move(key);
    return object;
  }
  Outcome<Object> put(Object description, std::string_view data, Expected expected = {}, Condition condition = {}) {
    TRY(auto writer,
        objects_->create_checked("digits", std::move(description), std::move(expected), std::move(condition)));
    for (std::size_t at = 0; at < data.size(); at += 100000) CHECK_OK(writer->write(data.substr(at, 100000)));
    return writer->commit();
  }
  Outcome<Object> put(std::string key, std::string_view data) { return put(named(std::move(key)), data); }

  static Outcome<std::string> all_of(Reader& reader) {
    std::string data(reader.object().size, '\0');
    for (std::size_t at = 0; at < data.size();) {
      TRY(std::size_t got, reader.read(at, data.data() + at, std::min<std::size_t>(70000, data.size() - at)));
      at += got;
    }
    return data;
  }
  Outcome<std::string> get(std::string_view key) {
    TRY(auto reader, objects_->open("digits", key));
    return all_of(*reader);
  }
  template <typename T>
  static std::string code_of(const Outcome<T>& outcome) {
    return outcome ? "" : outcome.error().code;
  }
  // The blob files on disk.
  std::size_t blobs() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(options_.folder))
      count += entry.is_regular_file();
    return count;
  }

  const std::string folder_ =
      (std::filesystem::temp_directory_path() / ("clary-objects-" + random_alphanumeric(12))).string();
  const Scope scope_{"000000000000", "us-east-1"};
  bool in_memory_ = false;  // where no restart is tested: quick
  SystemClock clock_;
  ObjectsOptions options_;
  std::shared_ptr<meta::Store> store_;
  std::shared_ptr<Objects> objects_;
};

}  // namespace clary::objects
