#include "io/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.hpp"

namespace clary::io {
namespace {

namespace fs = std::filesystem;

struct Entry {
  std::string name;
  std::string data;
  unsigned type = AE_IFREG;
  std::string link;
  bool hard = false;
  mode_t mode = 0644;
};

std::string tar_gz(const std::vector<Entry>& entries) {
  std::string out(64 << 20, '\0');
  std::size_t used = 0;
  archive* handle = archive_write_new();
  archive_write_set_format_gnutar(handle);
  archive_write_add_filter_gzip(handle);
  archive_write_open_memory(handle, out.data(), out.size(), &used);
  for (const auto& each : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, each.name.c_str());
    archive_entry_set_filetype(entry, each.type);
    archive_entry_set_perm(entry, each.mode);
    archive_entry_set_size(entry, static_cast<la_int64_t>(each.data.size()));
    if (each.hard) {
      archive_entry_set_hardlink(entry, each.link.c_str());
    } else if (!each.link.empty()) {
      archive_entry_set_symlink(entry, each.link.c_str());
    }
    archive_write_header(handle, entry);
    archive_write_data(handle, each.data.data(), each.data.size());
    archive_entry_free(entry);
  }
  archive_write_close(handle);
  archive_write_free(handle);
  out.resize(used);
  return out;
}

ByteSource from(const std::string& data) {
  return [&data, at = std::size_t{0}](char* to, std::size_t room) mutable -> Outcome<std::size_t> {
    std::size_t count = std::min(room, data.size() - at);
    std::memcpy(to, data.data() + at, count);
    at += count;
    return count;
  };
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Archive : public ::testing::Test {
 protected:
  void SetUp() override {
    char made[] = "/tmp/archive-test-XXXXXX";
    ASSERT_NE(::mkdtemp(made), nullptr);
    base_ = made;
    fs::create_directory(base_ / "in");
  }
  void TearDown() override { fs::remove_all(base_); }

  Outcome<Unpacked> unpack_entries(const std::vector<Entry>& entries, UnpackOptions options = {}) {
    const std::string data = tar_gz(entries);
    return unpack(from(data), base_ / "in", options);
  }
  std::string refusal(const std::vector<Entry>& entries) {
    auto done = unpack_entries(entries);
    if (done) return "unpacked";
    EXPECT_EQ(done.error().kind, ErrorKind::validation);
    return done.error().message;
  }

  fs::path base_;
};

TEST_F(Archive, UnpacksFilesFoldersAndLinksWithTheirModes) {
  auto done = unpack_entries({{"./", "", AE_IFDIR, "", false, 0755},
                              {"./a/run.sh", "echo", AE_IFREG, "", false, 0755},
                              {"b", "bee"},
                              {"a/to_b", "", AE_IFLNK, "../b"},
                              {"hard", "", AE_IFREG, "b", true},
                              {"b", "bee again"},
                              {"empty", "", AE_IFDIR, "", false, 0500},
                              {"setuid", "x", AE_IFREG, "", false, 04755}});
  ASSERT_TRUE(done) << done.error().message << done.error().detail;
  EXPECT_EQ(text_of(base_ / "in/a/to_b"), "bee again");
  EXPECT_EQ(text_of(base_ / "in/hard"), "bee");
  struct stat info {};
  ::stat((base_ / "in/a/run.sh").c_str(), &info);
  EXPECT_EQ(info.st_mode & 07777, 0755u);
  ::stat((base_ / "in/setuid").c_str(), &info);
  EXPECT_EQ(info.st_mode & 07777, 0755u);
  ::stat((base_ / "in/empty").c_str(), &info);
  EXPECT_EQ(info.st_mode & 07777, 0700u);
}

TEST_F(Archive, TheFolderItselfMayBeASlash) {
  auto done = unpack_entries({{"/", "", AE_IFDIR, "", false, 0700}, {"model.joblib", "m"}});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(text_of(base_ / "in/model.joblib"), "m");
}

TEST_F(Archive, KeepsNamesThatAreNotAscii) {
  ASSERT_TRUE(unpack_entries({{"données/größe-数.txt", "x"}}));
  EXPECT_TRUE(fs::exists(base_ / "in/données/größe-数.txt"));
}

TEST_F(Archive, RefusesWhatLeadsOut) {
  fs::create_directory(base_ / "out");
  EXPECT_NE(refusal({{"../evil", "x"}}).find("\"..\" is not allowed"), std::string::npos);
  EXPECT_NE(refusal({{"a/../../evil", "x"}}).find("\"..\" is not allowed"), std::string::npos);
  EXPECT_NE(refusal({{"/tmp/evil", "x"}}).find("absolute"), std::string::npos);
  EXPECT_NE(refusal({{"l", "", AE_IFLNK, "/etc/passwd"}}).find("leads out"), std::string::npos);
  EXPECT_NE(refusal({{"a/l", "", AE_IFLNK, "../../out"}}).find("leads out"), std::string::npos);
  EXPECT_NE(refusal({{"l", "", AE_IFLNK, "a/../../out"}}).find("leads out"), std::string::npos);
  EXPECT_NE(refusal({{"h", "", AE_IFREG, "../out/x", true}}).find("leads out"), std::string::npos);
  EXPECT_NE(refusal({{"h", "", AE_IFREG, "/etc/passwd", true}}).find("leads out"), std::string::npos);
  EXPECT_NE(refusal({{"h", "", AE_IFREG, "nowhere", true}}).find("no file"), std::string::npos);
  EXPECT_NE(refusal({{"dev", "", AE_IFCHR}}).find("devices"), std::string::npos);
  EXPECT_NE(refusal({{"pipe", "", AE_IFIFO}}).find("pipes"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(base_ / "out"));
  EXPECT_FALSE(fs::exists(base_ / "evil"));
}

TEST_F(Archive, NeverWritesThroughALink) {
  // Each link is harmless by its text; writing through one, or linking hard to one, is refused all the same.
  EXPECT_NE(refusal({{"d", "", AE_IFDIR}, {"l", "", AE_IFLNK, "d"}, {"l/x", "x"}}).find("both a file and a folder"),
            std::string::npos);
  EXPECT_NE(refusal({{"f", "x"}, {"l2", "", AE_IFLNK, "f"}, {"h", "", AE_IFREG, "l2", true}}).find("no file"),
            std::string::npos);
  auto done = unpack_entries({{"f", "first"}, {"l3", "", AE_IFLNK, "f"}, {"l3", "second"}});
  ASSERT_TRUE(done);
  EXPECT_EQ(text_of(base_ / "in/f"), "first");
  EXPECT_EQ(text_of(base_ / "in/l3"), "second");
}

TEST_F(Archive, AFileInAFoldersPlaceIsRefused) {
  EXPECT_NE(refusal({{"a/b", "x"}, {"a", "y"}}).find("both a file and a folder"), std::string::npos);
  EXPECT_NE(refusal({{"c", "x"}, {"c/d", "y"}}).find("both a file and a folder"), std::string::npos);
}

TEST_F(Archive, ABombEndsAtTheRatio) {
  UnpackOptions options;
  options.limits.free_bytes = 1 << 20;
  auto done = unpack_entries({{"zeros", std::string(32 << 20, '\0')}}, options);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("times its size"), std::string::npos);
}

TEST_F(Archive, LimitsOfBytesAndEntries) {
  UnpackOptions options;
  options.limits.bytes = 1000;
  options.limits.entries = 3;
  auto big = unpack_entries({{"a", std::string(600, 'x')}, {"b", std::string(600, 'x')}}, options);
  ASSERT_FALSE(big);
  EXPECT_NE(big.error().message.find("more than 1000 bytes"), std::string::npos);
  auto many = unpack_entries({{"1", ""}, {"2", ""}, {"3", ""}, {"4", ""}}, options);
  ASSERT_FALSE(many);
  EXPECT_NE(many.error().message.find("more than 3 entries"), std::string::npos);
}

TEST_F(Archive, DamageIsAnErrorThatSaysSo) {
  const std::string whole = tar_gz({{"a", std::string(100'000, 'a') + "b"}});
  auto cut = unpack(from(whole.substr(0, whole.size() / 2)), base_ / "in");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind, ErrorKind::validation);
  const std::string text = "this is no archive at all, however long one looks at it";
  auto none = unpack(from(text), base_ / "in");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("cannot be read"), std::string::npos);
}

TEST_F(Archive, AFailingSourceGivesItsOwnError) {
  auto done =
      unpack([](char*, std::size_t) -> Outcome<std::size_t> { return make_error(ErrorKind::unavailable, "gone"); },
             base_ / "in");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "gone");
}

TEST_F(Archive, CanBeGivenUp) {
  UnpackOptions options;
  options.cancelled = [] { return true; };
  auto done = unpack_entries({{"a", "x"}}, options);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::timed_out);
}

TEST_F(Archive, PacksInOrderAndTheSameEachTime) {
  const auto in = base_ / "in";
  fs::create_directories(in / "b/deep");
  std::ofstream(in / "b/deep/file") << std::string(700'000, 'q');
  std::ofstream(in / "a") << "aa";
  fs::create_symlink("a", in / "link");
  fs::create_symlink("/etc/passwd", in / "out");
  ::mkfifo((in / "pipe").c_str(), 0600);
  auto pack = [&](std::string& data) {
    return pack_tar_gz(in, [&](std::string_view more) -> Outcome<void> {
      data += more;
      return {};
    });
  };
  std::string first, second;
  auto packed = pack(first);
  ASSERT_TRUE(packed) << packed.error().detail;
  ASSERT_TRUE(pack(second));
  EXPECT_EQ(first, second);
  EXPECT_EQ(packed->entries, 5u);
  EXPECT_EQ(packed->left_out, (std::vector<std::string>{"out", "pipe"}));

  fs::create_directory(base_ / "again");
  ASSERT_TRUE(unpack(from(first), base_ / "again"));
  EXPECT_EQ(text_of(base_ / "again/b/deep/file"), std::string(700'000, 'q'));
  EXPECT_EQ(fs::read_symlink(base_ / "again/link"), "a");
}

TEST_F(Archive, HasFilesLooksIntoFolders) {
  fs::create_directories(base_ / "in/x/y");
  EXPECT_FALSE(has_files(base_ / "in"));
  EXPECT_FALSE(has_files(base_ / "missing"));
  std::ofstream(base_ / "in/x/y/f") << "1";
  EXPECT_TRUE(has_files(base_ / "in"));
}

TEST_F(Archive, Gunzip) {
  std::string zipped;
  {
    std::string buffer(1 << 20, '\0');
    std::size_t used = 0;
    archive* handle = archive_write_new();
    archive_write_set_format_raw(handle);
    archive_write_add_filter_gzip(handle);
    archive_write_open_memory(handle, buffer.data(), buffer.size(), &used);
    archive_entry* entry = archive_entry_new();
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_write_header(handle, entry);
    archive_write_data(handle, "1,2,3\n", 6);
    archive_entry_free(entry);
    archive_write_close(handle);
    archive_write_free(handle);
    zipped = buffer.substr(0, used);
  }
  auto file = File::open(base_ / "in/csv", O_WRONLY | O_CREAT);
  ASSERT_TRUE(file);
  auto done = gunzip(from(zipped), *file);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(text_of(base_ / "in/csv"), "1,2,3\n");
  const std::string plain = "1,2,3\n";
  EXPECT_FALSE(gunzip(from(plain), *file));
}

TEST(LinkStaysInside, CountsTheFolders) {
  EXPECT_TRUE(link_stays_inside("a/b", 0));
  EXPECT_TRUE(link_stays_inside("../a", 1));
  EXPECT_FALSE(link_stays_inside("..", 0));
  EXPECT_FALSE(link_stays_inside("../..", 1));
  EXPECT_FALSE(link_stays_inside("a/../b", 5));
  EXPECT_FALSE(link_stays_inside("/a", 5));
  EXPECT_FALSE(link_stays_inside("", 5));
}

TEST(SafeParts, CutsAndRefuses) {
  EXPECT_EQ(*safe_parts("./a//b/"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(safe_parts(".")->empty());
  EXPECT_FALSE(safe_parts("a/.."));
  EXPECT_FALSE(safe_parts("/a"));
  EXPECT_FALSE(safe_parts(std::string(300, 'x')));
  EXPECT_FALSE(safe_parts(std::string_view("a\0b", 3)));
}

TEST(PackTest, what_vanishes_before_it_is_opened_is_passed_over) {
  const std::string folder = testing::TempDir() + "pack-" + random_alphanumeric(8);
  fs::create_directories(folder);
  for (const char* name : {"/a", "/b"}) std::ofstream(folder + name) << "text";
  std::string packed;
  const auto sink = [&](std::string_view more) -> Outcome<void> {
    packed += more;
    return {};
  };
  // Asked when `a` has been found and not been opened.
  const auto asked = [&] {
    fs::remove(folder + "/a");
    return false;
  };
  const auto done = pack_tar_gz(folder, sink, asked);
  ASSERT_TRUE(done.ok()) << done.error().message << done.error().detail;
  EXPECT_EQ(done->entries, 1u);
  EXPECT_TRUE(done->left_out.empty());
  fs::remove_all(folder);
}

}  // namespace
}  // namespace clary::io
