#include "server/console.hpp"

#include <gtest/gtest.h>

namespace clary::server {

namespace {

constexpr Time noon{1'700'000'000'000'000};
Time after(std::chrono::seconds passed) { return Time{noon.micros + std::chrono::microseconds(passed).count()}; }

TEST(ConsoleLinks, WorkOnce) {
  ConsoleLinks links;
  std::string token = links.make(noon);
  EXPECT_EQ(token.size(), 64u);
  EXPECT_NE(token, links.make(noon));
  EXPECT_FALSE(links.take("", noon));
  EXPECT_FALSE(links.take(token.substr(1), noon));
  EXPECT_TRUE(links.take(token, after(std::chrono::seconds(599))));
  EXPECT_FALSE(links.take(token, after(std::chrono::seconds(599))));
}

TEST(ConsoleLinks, EndAfterTenMinutes) {
  ConsoleLinks links;
  EXPECT_FALSE(links.take(links.make(noon), after(link_lifetime)));
}

TEST(ConsoleLinks, TheOldestGivesWay) {
  ConsoleLinks links;
  std::string oldest = links.make(noon), newest;
  for (int i = 1; i <= 100; ++i) newest = links.make(after(std::chrono::seconds(i)));
  EXPECT_FALSE(links.take(oldest, after(std::chrono::seconds(101))));
  EXPECT_TRUE(links.take(newest, after(std::chrono::seconds(101))));
}

TEST(Console, KnowsItsHosts) {
  std::vector<std::string> names{"laptop", "clary.example.org"};
  for (const char* own : {"127.0.0.1:9080", "127.0.0.1", "192.168.1.7:80", "[::1]:9080", "[2001:db8::1]", "localhost:1", "LOCALHOST", "laptop:9080",
                          "Clary.example.org"})
    EXPECT_TRUE(is_own_host(own, names)) << own;
  for (const char* foreign : {"", ":9080", "evil.example", "127.0.0.1.evil.example:9080", "localhost.evil.example", "[::1].evil.example", "[]", "::1x"})
    EXPECT_FALSE(is_own_host(foreign, names)) << foreign;
}

TEST(ConsoleFiles, ReadsItsPack) {
  std::string index = R"([{"path":"index.html","type":"text/html","hash":"a","immutable":false,"offset":0,"size":3},)"
                      R"({"path":"assets/x.js","type":"text/javascript","hash":"b","immutable":true,"offset":3,"size":2}])";
  std::string pack = std::to_string(index.size()) + "\n" + index + "onetw";
  auto files = ConsoleFiles::open(pack);
  ASSERT_TRUE(files.ok());
  ASSERT_NE(files->find("assets/x.js"), nullptr);
  EXPECT_EQ(files->find("assets/x.js")->gzip, "tw");
  EXPECT_EQ(files->find("index.html")->etag, "\"a\"");
  EXPECT_EQ(files->find("assets/y.js"), nullptr);
  EXPECT_TRUE(ConsoleFiles::open("")->empty());
  EXPECT_FALSE(ConsoleFiles::open(pack.substr(0, pack.size() - 1)).ok());
  EXPECT_FALSE(ConsoleFiles::open("99999\n[]").ok());
  EXPECT_FALSE(ConsoleFiles::open("nothing").ok());
}

}  // namespace

}  // namespace clary::server
