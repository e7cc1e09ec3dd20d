#include "auth/identity.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/rng.hpp"
#include "io/file.hpp"

namespace clary::auth {
namespace {

class InstallationTest : public testing::Test {
 protected:
  std::string root = (std::filesystem::temp_directory_path() / ("clary-auth-" + random_alphanumeric(8))).string();
  std::string folder = root + "/data/keys";
  std::string file = folder + "/installation.json";
  ~InstallationTest() override { std::filesystem::remove_all(root); }

  static unsigned mode(const std::string& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
  }
  static void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::trunc) << text; }
};

TEST_F(InstallationTest, IsMadeOnceAndReadAgain) {
  auto first = open_installation(folder, "123456789012");
  ASSERT_TRUE(first) << first.error().message << first.error().detail;
  EXPECT_EQ(first->account, "123456789012");
  EXPECT_TRUE(first->access_key.starts_with("AKIA"));
  EXPECT_EQ(first->access_key.size(), 20U);
  EXPECT_EQ(first->secret_key.size(), 40U);
  EXPECT_EQ(first->master_key.size(), 32U);
  EXPECT_EQ(first->role_arn, "arn:aws:iam::123456789012:role/service-role/ClarySageMakerRole");
  EXPECT_EQ(mode(folder), 0700U);
  EXPECT_EQ(mode(file), 0600U);

  auto again = open_installation(folder, "999999999999");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->account, "123456789012") << "what is stored wins";
  EXPECT_EQ(again->access_key, first->access_key);
  EXPECT_EQ(again->secret_key, first->secret_key);
  EXPECT_EQ(again->master_key, first->master_key);
}

TEST_F(InstallationTest, AnAccountHasTwelveDigits) {
  for (const char* account : {"", "12345678901", "1234567890123", "12345678901x"})
    EXPECT_FALSE(open_installation(folder, account));
  EXPECT_FALSE(io::exists(file));
}

TEST_F(InstallationTest, RefusesWhatOthersCanRead) {
  ASSERT_TRUE(open_installation(folder, "123456789012"));
  chmod(file.c_str(), 0640);
  auto open = open_installation(folder, "123456789012");
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().message.find("0640"), std::string::npos) << open.error().message;
  EXPECT_EQ(open.error().message.find(root), std::string::npos) << "no path for a client";
  chmod(file.c_str(), 0600);
  chmod(folder.c_str(), 0750);
  EXPECT_FALSE(open_installation(folder, "123456789012"));
  chmod(folder.c_str(), 0700);
  EXPECT_TRUE(open_installation(folder, "123456789012"));
}

TEST_F(InstallationTest, RefusesALinkAndADamagedFile) {
  ASSERT_TRUE(open_installation(folder, "123456789012"));
  std::string good = *io::read_file(file);
  for (std::string text : {std::string(), std::string("{"), std::string("[]"), good.substr(0, good.size() / 2),
                           std::string(100000, ' ') + good, std::string(good).replace(good.find("AKIA"), 4, "ASIA"),
                           std::string(good).replace(good.find("123456789012"), 1, "x")}) {
    write(file, text);
    auto opened = open_installation(folder, "123456789012");
    ASSERT_FALSE(opened) << text.substr(0, 80);
    EXPECT_NE(opened.error().message.find("damaged"), std::string::npos) << opened.error().message;
  }
  write(file, good);
  EXPECT_TRUE(open_installation(folder, "123456789012"));
  std::filesystem::rename(file, folder + "/elsewhere");
  std::filesystem::create_symlink(folder + "/elsewhere", file);
  EXPECT_FALSE(open_installation(folder, "123456789012"));
}

TEST(Keys, OutliveARestart) {
  ManualClock clock{*parse_basic_iso8601("20261124T203820Z")};
  Installation installation{"000000000000", "AKIACLARYROOTKEY2345", std::string(40, 's'), std::string(32, 'm'),
                            "arn:aws:iam::000000000000:role/service-role/ClarySageMakerRole"};
  Credentials issued = Keys(installation, clock).issue("arn:aws:iam::000000000000:role/R", "s\n\"1", 3600);
  EXPECT_TRUE(issued.access_key.starts_with("ASIA"));
  EXPECT_EQ(issued.access_key.size(), 20U);
  EXPECT_EQ(issued.secret_key.size(), 40U);
  EXPECT_EQ(issued.expiration.micros, clock.now().micros + 3600LL * 1'000'000);

  auto found = Keys(installation, clock).find(issued.access_key, issued.session_token);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret_key, issued.secret_key);
  EXPECT_EQ(found->identity.role_arn, "arn:aws:iam::000000000000:role/R");
  EXPECT_EQ(found->identity.session_name, "s\n\"1");
  EXPECT_EQ(found->expires, issued.expiration);

  Installation other = installation;
  other.master_key[0] = 'n';
  EXPECT_FALSE(Keys(other, clock).find(issued.access_key, issued.session_token)) << "another installation's";
}

TEST(Keys, LifetimesAndTokensAreBounded) {
  ManualClock clock{*parse_basic_iso8601("20261124T203820Z")};
  Keys keys({"000000000000", "AKIACLARYROOTKEY2345", "s", std::string(32, 'm'), "arn:aws:iam::000000000000:role/R"},
            clock);
  EXPECT_EQ(keys.issue("arn:aws:iam::000000000000:role/R", "s", 1).expiration.micros - clock.now().micros,
            900LL * 1'000'000);
  EXPECT_EQ(keys.issue("arn:aws:iam::000000000000:role/R", "s", 1LL << 40).expiration.micros - clock.now().micros,
            43200LL * 1'000'000);
  for (std::string token : {std::string("x"), std::string("AAAA"), std::string(100000, 'A'), std::string(44, 'A')})
    EXPECT_EQ(keys.find("ASIACLARYTEMPKEY2345", token).error().code, "InvalidToken");
  EXPECT_EQ(keys.find("ASIACLARYTEMPKEY2345", "").error().code, "InvalidClientTokenId");
  EXPECT_EQ(keys.find("", "").error().code, "InvalidClientTokenId");
}

TEST(Keys, TheRootPairIsAnAssumedRole) {
  ManualClock clock{Time{}};
  Keys keys({"000000000000", "AKIACLARYROOTKEY2345", "s", std::string(32, 'm'),
             "arn:aws:iam::000000000000:role/service-role/ClarySageMakerRole"},
            clock);
  auto found = keys.find("AKIACLARYROOTKEY2345", "");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->identity.root);
  EXPECT_EQ(found->identity.principal_arn, "arn:aws:sts::000000000000:assumed-role/ClarySageMakerRole/clary");
  EXPECT_EQ(found->identity.role_arn, keys.installation().role_arn);
  EXPECT_EQ(found->identity.user_id, role_id(keys.installation().role_arn) + ":clary");
  EXPECT_EQ(role_id("r").size(), 21U);
}

}  // namespace
}  // namespace clary::auth
