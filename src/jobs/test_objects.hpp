// What the tests of inputs, outputs and checkpoints stand on: a real object store in a temporary folder, with a bucket of
// ours ("bkt") and one of somebody else's ("foreign"). A test fixture, one a test.
#pragma once

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/archive.hpp"
#include "objects/objects.hpp"

namespace clary::jobs {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class TestClock : public SystemClock {
 public:
  Time now() const override { return {SystemClock::now().micros + step}; }
  std::atomic<std::int64_t> step{0};  // microseconds that it was set forward, or back
};

class ObjectGround : public ::testing::Test {
 protected:
  explicit ObjectGround(const std::vector<meta::Migration>& migrations = objects::object_migrations) {
    std::string made = (fs::exists("/dev/shm") ? "/dev/shm" : "/tmp") + std::string("/jobs-test-XXXXXX");
    if (::mkdtemp(made.data()) == nullptr) std::abort();
    base = made;
    store = *meta::Store::open({}, migrations);
    objects::ObjectsOptions options;
    options.folder = base / "objects";
    options.sweep_in_background = false;
    objects = *objects::open_objects(store, clock, options);
    EXPECT_TRUE(objects->create_bucket("bkt", scope));
    EXPECT_TRUE(objects->create_bucket("foreign", {"999999999999", "us-east-1"}));
  }
  ~ObjectGround() override {
    objects.reset();
    fs::remove_all(base);
  }

  void put(const std::string& key, const std::string& data) {
    objects::Object object;
    object.key = key;
    auto writer = objects->create("bkt", object);
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE((*writer)->write(data));
    ASSERT_TRUE((*writer)->commit());
  }
  std::optional<std::string> get(const std::string& key) {
    auto reader = objects->open("bkt", key);
    if (!reader) return std::nullopt;
    std::string data((*reader)->object().size, '\0');
    std::size_t at = 0;
    while (at < data.size()) {
      auto got = (*reader)->read(at, data.data() + at, data.size() - at);
      if (!got || *got == 0) break;
      at += *got;
    }
    return data;
  }
  std::string etag(const std::string& key) {
    auto object = objects->stat("bkt", key);
    return object ? object->etag : "";
  }
  bool erase(const std::string& key) { return objects->erase("bkt", key, {}).ok(); }
  static std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  // What an archive in the object store holds: {"a.txt": "..."}.
  std::map<std::string, std::string> archive(const std::string& key) {
    std::map<std::string, std::string> files;
    const std::string data = get(key).value_or("");
    const fs::path folder = base / "unpacked";
    fs::remove_all(folder);
    fs::create_directory(folder);
    auto source = [&, at = std::size_t{0}](char* to, std::size_t room) mutable -> Outcome<std::size_t> {
      std::size_t count = data.copy(to, room, at);
      at += count;
      return count;
    };
    if (!io::unpack(source, folder)) return files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path());
      files[fs::relative(entry.path(), folder)] = {std::istreambuf_iterator<char>(file), {}};
    }
    return files;
  }
  static std::string tar_gz(const std::map<std::string, std::string>& files) {
    char made[] = "/tmp/jobs-tar-XXXXXX";
    if (::mkdtemp(made) == nullptr) std::abort();
    for (const auto& [name, text] : files) {
      fs::create_directories((fs::path(made) / name).parent_path());
      std::ofstream(fs::path(made) / name) << text;
    }
    std::string data;
    EXPECT_TRUE(io::pack_tar_gz(made, [&](std::string_view more) -> Outcome<void> {
      data += more;
      return {};
    }));
    fs::remove_all(made);
    return data;
  }

  fs::path base;
  Scope scope{"000000000000", "us-east-1"};
  TestClock clock;
  std::shared_ptr<meta::Store> store;
  std::shared_ptr<objects::Objects> objects;
};

}  // namespace clary::jobs
