#include "runtimes/registries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtimes/making.hpp"

namespace clary::runtimes {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

bool none(const std::string&) {
  return false;
}

TEST(Registries, only_what_says_where_packages_come_from_is_passed_on) {
  const auto settings = registry_settings({{"AWS_SECRET_ACCESS_KEY", "x"},
                                           {"UV_CACHE_DIR", "/c"},
                                           {"UV_INDEX", "https://a/simple"},
                                           {"HTTPS_PROXY", "http://p"},
                                           {"PATH", "/bin"},
                                           {"PIP_TARGET", "/t"}},
                                          "", none);
  EXPECT_THAT(settings.environment, UnorderedElementsAre("UV_INDEX=https://a/simple", "HTTPS_PROXY=http://p"));
  EXPECT_THAT(settings.mounts, IsEmpty());
}

TEST(Registries, pips_settings_are_put_in_uvs_words_and_the_nearest_wins) {
  const std::string pip_conf =
      "[global]\nindex-url = https://file/simple\ncert: /certs/ca.pem\n# no\nextra-index-url =\n  https://one/simple\n "
      " https://two/simple\n"
      "[other]\nfind-links = /no\n";
  auto settings = registry_settings({}, pip_conf, none);
  EXPECT_THAT(settings.environment,
              UnorderedElementsAre("UV_DEFAULT_INDEX=https://file/simple", "SSL_CERT_FILE=/certs/ca.pem",
                                   "UV_INDEX= https://one/simple https://two/simple"));
  settings = registry_settings({{"PIP_INDEX_URL", "https://variable/simple"}}, pip_conf, none);
  EXPECT_THAT(settings.environment, Contains("UV_DEFAULT_INDEX=https://variable/simple"));
  settings = registry_settings(
      {{"PIP_INDEX_URL", "https://variable/simple"}, {"UV_DEFAULT_INDEX", "https://uv/simple"}}, pip_conf, none);
  EXPECT_THAT(settings.environment, Contains("UV_DEFAULT_INDEX=https://uv/simple"));
}

TEST(Registries, local_folders_and_certificates_come_along) {
  const auto settings = registry_settings(
      {{"PIP_FIND_LINKS", "/wheels https://x/links /gone"}, {"SSL_CERT_FILE", "/etc/ssl/certs/ca.crt"}}, "",
      [](const std::string& path) { return path == "/wheels" || path == "/etc/ssl/certs/ca.crt"; });
  ASSERT_EQ(settings.mounts.size(), 1u);
  EXPECT_EQ(settings.mounts[0].source, "/wheels");
  EXPECT_FALSE(settings.mounts[0].writable);
}

TEST(Reasons, an_unreachable_registry_is_told_as_such) {
  const std::string output =
      "Using Python 3.7.16 environment at: v37\nerror: Request failed after 3 retries in 6.6s\n  cause: Failed to "
      "fetch: http://127.0.0.1:1/simple/x/\n"
      "  cause: tcp connect error\n  cause: Connection refused (os error 111)\n";
  EXPECT_EQ(
      reason_in(output),
      "the package registry cannot be reached (error: Request failed after 3 retries in 6.6s cause: Failed to fetch: "
      "http://127.0.0.1:1/simple/x/ cause: tcp connect error cause: Connection refused (os error 111))");
  EXPECT_EQ(reason_in("error: No solution found\n  cause: Because x was not found\n"),
            "error: No solution found cause: Because x was not found");
  EXPECT_EQ(reason_in("something\nlast words\n\n"), "last words");
  EXPECT_EQ(reason_in(""), "no reason was given");
  EXPECT_LT(reason_in("error: " + std::string(100000, 'x')).size(), 700u);
}

TEST(UvProgress, tells_its_news_in_our_words) {
  UvProgress progress;
  EXPECT_EQ(progress.news("Using Python 3.7.16 environment at: v37"), "");
  EXPECT_EQ(progress.news("Resolved 21 packages in 223ms"), "21 packages to get");
  EXPECT_EQ(progress.news("Downloading numpy (16.5MiB)"), "downloading numpy (16.5MiB)");
  EXPECT_EQ(progress.news(" Downloaded numpy"), "downloaded numpy (1 of 21 packages)");
  EXPECT_EQ(progress.news("Prepared 21 packages in 2.14s"), "installing");
  EXPECT_EQ(progress.news("Installed 21 packages in 659ms"), "installed 21 packages, compiling them");
  EXPECT_EQ(progress.news(" + boto3==1.28.57"), "");
  EXPECT_EQ(progress.news(""), "");
}

}  // namespace
}  // namespace clary::runtimes
