#include "http/egress.hpp"

#include <gtest/gtest.h>

namespace clary::http {
namespace {

const std::vector<std::string> own{"192.168.7.9", "fe80::1%eth0", "2001:db8::5"};

TEST(Egress, ThisHostByAnyAddressIsRefused) {
  for (const char* address : {"127.0.0.1",
                              "127.1.2.3",
                              "0.0.0.0",
                              "0.1.2.3",
                              "169.254.169.254",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fe80::1",
                              "fe80::1%lo",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:169.254.169.254",
                              "::127.0.0.1",
                              "64:ff9b::7f00:1",
                              "2002:7f00:1::",
                              "fd00:ec2::254",
                              "192.168.7.9",
                              "::ffff:192.168.7.9",
                              "2001:db8::5",
                              "not an address",
                              ""}) {
    EXPECT_TRUE(refusal(address, own)) << address;
  }
}

TEST(Egress, OtherHostsAreDialled) {
  for (const char* address :
       {"93.184.216.34", "10.0.0.7", "192.168.7.10", "2606:2800:220:1::1", "::ffff:93.184.216.34"}) {
    EXPECT_FALSE(refusal(address, own)) << address << ": " << *refusal(address, own);
  }
  EXPECT_FALSE(refusal("127.0.0.2", own, {"127.0.0.2"}));
  EXPECT_TRUE(refusal("127.0.0.3", own, {"127.0.0.2"}));
}

TEST(Egress, LiteralsInEverySpelling) {
  for (const char* host : {"127.1", "127.0.0.1", "0x7f000001", "2130706433", "017700000001", "0x7f.1", "127.0.0.1."}) {
    EXPECT_EQ(literal_address(host), "127.0.0.1") << host;
  }
  EXPECT_EQ(literal_address("0"), "0.0.0.0");
  EXPECT_EQ(literal_address("[::ffff:127.0.0.1]"), "::ffff:127.0.0.1");
  for (const char* host : {"localhost", "example.com", "127.0.0.1.example.com", "face.cafe"}) {
    EXPECT_FALSE(literal_address(host)) << host;
  }
}

TEST(Egress, LocalNames) {
  EXPECT_TRUE(is_local_name("LocalHost."));
  EXPECT_TRUE(is_local_name("a.localhost"));
  EXPECT_FALSE(is_local_name("localhost.example.com"));
}

TEST(Egress, UpstreamUrls) {
  auto plain = parse_upstream("http://proxy.example:3128/");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "proxy.example");
  EXPECT_EQ(plain->port, 3128);
  EXPECT_EQ(plain->authorization, "");
  auto named = parse_upstream("http://user:p%40ss@[::1]:8080");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->host, "::1");
  EXPECT_EQ(named->authorization, "Basic dXNlcjpwQHNz");
  EXPECT_EQ(parse_upstream("proxy:99")->port, 99);
  EXPECT_FALSE(parse_upstream("socks5://proxy:1080"));
  EXPECT_FALSE(parse_upstream("http://proxy:0"));
  EXPECT_FALSE(parse_upstream("http://:80"));
}

TEST(Egress, NoProxyRules) {
  std::vector<std::string> rules{".internal.example", "10.0.0.0/8", "plain", "192.168.1.1"};
  EXPECT_TRUE(bypasses_upstream("a.internal.example", rules));
  EXPECT_TRUE(bypasses_upstream("internal.example", rules));
  EXPECT_FALSE(bypasses_upstream("notinternal.example", rules));
  EXPECT_TRUE(bypasses_upstream("10.9.8.7", rules));
  EXPECT_FALSE(bypasses_upstream("11.9.8.7", rules));
  EXPECT_TRUE(bypasses_upstream("sub.plain", rules));
  EXPECT_TRUE(bypasses_upstream("192.168.1.1", rules));
  EXPECT_FALSE(bypasses_upstream("example.com", rules));
  EXPECT_TRUE(bypasses_upstream("example.com", {"*"}));
}

}  // namespace
}  // namespace clary::http
