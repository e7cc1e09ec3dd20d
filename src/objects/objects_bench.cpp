// How quickly objects come in and go out: `objects_bench [folder]`. Not a test: it prints figures.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <thread>

#include "base/rng.hpp"
#include "objects/objects.hpp"

using namespace clary;

namespace {

double seconds_of(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

void put(objects::Objects& objects, const std::string& key, std::string_view data, std::size_t times, bool sha256) {
  objects::Object description;
  description.key = key;
  description.checksum_algorithm = "CRC32";
  objects::Expected expected;
  if (sha256) expected.sha256 = std::string(64, '0');
  auto writer = objects.create_checked("bench", description, expected, {});
  for (std::size_t i = 0; writer && i < times; ++i) {
    if (!(*writer)->write(data)) fmt::print("write failed\n");
  }
  // A payload hash of zeros makes the commit fail after all the work, short of the final sync and the index.
  if (writer && !(*writer)->commit() && !sha256) fmt::print("commit failed\n");
}

void stream(objects::Objects& objects) {
  const std::string piece(256 * 1024, 'x');
  constexpr std::size_t times = 2048;
  for (bool sha256 : {false, true}) {
    for (int round = 0; round < 3; ++round) {
      double took = seconds_of([&] { put(objects, "large", piece, times, sha256); });
      fmt::print("one stream of 512 MiB, MD5 + CRC32{}: {:.0f} MB/s\n",
                 sha256 ? " + SHA256, without the final sync" : ", durable",
                 static_cast<double>(piece.size() * times) / took / 1e6);
    }
  }
}

void small(objects::Objects& objects, std::size_t size, int writers) {
  const std::string data(size, 'x');
  std::atomic<int> next{0};
  const int total = 20000;
  double took = seconds_of([&] {
    std::vector<std::thread> threads;
    for (int i = 0; i < writers; ++i) {
      threads.emplace_back([&] {
        for (int n; (n = next++) < total;) put(objects, fmt::format("small/{}", n), data, 1, false);
      });
    }
    for (auto& thread : threads) thread.join();
  });
  fmt::print("PUT of {} bytes, {} writers: {:.0f}/s\n", size, writers, total / took);
  took = seconds_of([&] {
    for (int n = 0; n < total; ++n) (void)objects.open("bench", fmt::format("small/{}", n));
  });
  fmt::print("open of {} bytes: {:.1f} us\n", size, took / total * 1e6);
  took = seconds_of([&] {
    for (int n = 0; n < total; ++n) (void)objects.stat("bench", fmt::format("small/{}", n));
  });
  fmt::print("stat: {:.1f} us\n", took / total * 1e6);
  took = seconds_of([&] { (void)objects.list("bench", "small/", "", "", 1000); });
  fmt::print("list of 1000 keys: {:.1f} ms\n", took * 1e3);
  took = seconds_of([&] { (void)objects.list("bench", "", "/", "", 1000); });
  fmt::print("list by a delimiter, 20000 keys below: {:.0f} us\n", took * 1e6);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string parent = count > 1 ? arguments[1] : std::filesystem::temp_directory_path().string();
  const std::string folder = parent + "/clary-bench-" + random_alphanumeric(8);
  std::filesystem::create_directories(folder);
  {
    SystemClock clock;
    auto store = meta::Store::open({.path = folder + "/meta.db"}, objects::object_migrations);
    if (!store) return fmt::print("{}\n", store.error().detail), 1;
    auto objects = objects::open_objects(*store, clock, {.folder = folder + "/objects"});
    if (!objects) return fmt::print("{}\n", objects.error().detail), 1;
    (void)(*objects)->create_bucket("bench", {"000000000000", "us-east-1"});
    small(**objects, 4096, 16);
    stream(**objects);
  }
  std::filesystem::remove_all(folder);
}
