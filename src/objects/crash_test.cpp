#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <signal.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/bytes.hpp"
#include "objects/checksum.hpp"
#include "objects/objects_fixture.hpp"

namespace clary::objects {
namespace {

class CrashTest : public ObjectsFixture {
 protected:
  // In a child process: writes objects of many sizes for ever, from several threads, and names each one that was
  // acknowledged.
  [[noreturn]] void write_until_killed(int acknowledged) {
    reopen();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([this, thread, acknowledged] {
        for (unsigned i = 0;; ++i) {
          const unsigned seed = i * 4 + static_cast<unsigned>(thread);
          const std::string key = "k" + std::to_string(seed % 50);
          const std::string data = noise(i % 3 == 0 ? 300 : 40000 + i % 7 * 100000, seed);
          auto object = put(key, data);
          if (!object) _exit(1);
          const std::string line = key + " " + object->etag + "\n";
          if (::write(acknowledged, line.data(), line.size()) < 0) _exit(1);
        }
      });
    }
    while (true) ::pause();
  }
};

TEST_F(CrashTest, AcknowledgedObjectsSurviveKill) {
  objects_.reset();
  store_.reset();
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) write_until_killed(ends[1]);
  ::close(ends[1]);
  std::string log;
  char buffer[4096];
  // Killed in the middle of whatever it is doing once it has acknowledged over a hundred writes.
  while (std::ranges::count(log, '\n') < 150) {
    ssize_t got = ::read(ends[0], buffer, sizeof buffer);
    ASSERT_GT(got, 0);
    log.append(buffer, static_cast<std::size_t>(got));
  }
  ::kill(child, SIGKILL);
  for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    log.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));

  reopen();
  std::set<std::string> keys;
  std::istringstream lines(log);
  for (std::string key, etag; lines >> key >> etag;) keys.insert(key);
  std::size_t files = 0;
  for (const auto& key : keys) {
    auto reader = objects_->open("digits", key);
    ASSERT_TRUE(reader.ok()) << key;
    auto data = all_of(**reader);
    ASSERT_TRUE(data.ok()) << key;
    EXPECT_EQ(to_hex(md5(*data)), (*reader)->object().etag) << key;
  }
  auto all = objects_->list("digits", "", "", "", 1000);
  for (const auto& object : all->objects) files += object.size > options_.inline_limit;
  EXPECT_EQ(blobs(), files) << "blobs that no object names must be gone";
}

TEST_F(CrashTest, ASweepLeavesWhatIsNamed) {
  ASSERT_TRUE(put("kept", noise(50000)).ok());
  auto upload = objects_->uploads().start("digits", named("up"));
  Part part;
  part.number = 1;
  auto writer = objects_->uploads().put(*upload, part, {.size = 70000});
  ASSERT_TRUE((*writer)->write(noise(70000)).ok());
  ASSERT_TRUE((*writer)->commit().ok());
  writer->reset();
  std::filesystem::create_directories(options_.folder + "/ab");
  std::ofstream(options_.folder + "/ab/00112233445566778899aabbccddeeff000000ab") << "left over";
  EXPECT_EQ(blobs(), 3u);
  reopen();
  EXPECT_EQ(blobs(), 2u);
  EXPECT_EQ(*get("kept"), noise(50000));
}

// A limit on the size of files fails writes as a full disk does, without one.
TEST_F(CrashTest, AWriteThatTheDiskRefusesLosesNothing) {
  ASSERT_TRUE(put("k", "before").ok());
  objects_.reset();
  store_.reset();
  const pid_t child = ::fork();
  if (child == 0) {
    reopen();
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{2 * 1024 * 1024, 2 * 1024 * 1024};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const bool refused = !put("k", noise(5 * 1024 * 1024)).ok();
    _exit(refused && blobs() == 0 && *get("k") == "before" ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  reopen();
  EXPECT_EQ(*get("k"), "before");
}

}  // namespace
}  // namespace clary::objects
