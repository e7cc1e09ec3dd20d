#include "services/s3/address.hpp"

#include <gtest/gtest.h>

namespace clary::services::s3 {
namespace {

http::Request to(std::string path, std::string host = "127.0.0.1:9080") {
  http::Request request;
  request.path = std::move(path);
  request.headers.add("Host", std::move(host));
  return request;
}

TEST(Address, PathStyle) {
  auto target = read_target(to("/"));
  EXPECT_EQ(target->bucket, "");
  target = read_target(to("/digits"));
  EXPECT_EQ(target->bucket, "digits");
  EXPECT_EQ(target->key, "");
  target = read_target(to("/digits/"));
  EXPECT_EQ(target->key, "");
  target = read_target(to("/digits/a%20b/%2E%2E//c/"));
  EXPECT_EQ(target->key, "a b/..//c/");
  target = read_target(to("/digits//lead"));
  EXPECT_EQ(target->key, "/lead");
  target = read_target(to("/digits/a+b"));
  EXPECT_EQ(target->key, "a+b");
}

TEST(Address, VirtualHostStyle) {
  for (const char* host : {"digits.localhost", "digits.localhost:9080", "digits.s3.localhost",
                           "digits.s3.us-east-1.amazonaws.com", "digits.s3.amazonaws.com",
                           "digits.s3-us-west-2.amazonaws.com", "digits.s3.dualstack.eu-west-1.amazonaws.com"}) {
    auto target = read_target(to("/a/b", host));
    EXPECT_EQ(target->bucket, "digits") << host;
    EXPECT_EQ(target->key, "a/b") << host;
  }
  EXPECT_EQ(bucket_of_host("my.s3.digits.s3.us-east-1.amazonaws.com"), "my.s3.digits");
  for (const char* host :
       {"localhost", "localhost:9080", "s3.localhost", "s3.us-east-1.amazonaws.com", "s3.amazonaws.com",
        "s3-eu-west-1.amazonaws.com", "127.0.0.1:9080", "example.com", "sts.us-east-1.amazonaws.com", ""}) {
    EXPECT_EQ(bucket_of_host(host), "") << host;
  }
}

TEST(Address, WhatCannotBeRead) {
  for (const char* path : {"/digits/%", "/digits/%zz", "/digits/%FF", "/%C3"}) {
    auto target = read_target(to(path));
    ASSERT_FALSE(target.ok()) << path;
    EXPECT_EQ(target.error().code, "InvalidURI");
  }
}

TEST(Address, CopySources) {
  for (const char* header : {"digits/a%20b", "/digits/a b", "digits/a%20b?versionId=null"}) {
    auto source = read_copy_source(header);
    ASSERT_TRUE(source.ok()) << header;
    EXPECT_EQ(source->bucket, "digits");
    EXPECT_EQ(source->key, "a b");
  }
  EXPECT_EQ(read_copy_source("digits/k?versionId=7")->version, "7");
  EXPECT_EQ(read_copy_source("digits/k%3Fx")->key, "k?x");
  for (const char* header : {"", "/", "digits", "digits/", "//k", "digits/%", "digits/%FF"})
    EXPECT_FALSE(read_copy_source(header).ok()) << header;
}

TEST(Address, BucketNames) {
  for (const char* good : {"abc", "a-b.c", "1bucket", "sagemaker-us-east-1-000000000000"})
    EXPECT_TRUE(is_bucket_name(good)) << good;
  EXPECT_TRUE(is_bucket_name(std::string(63, 'a')));
  for (const char* bad : {"", "ab", "Abc", "a_b", "-abc", "abc-", "a..b", ".abc", "1.2.3.4", "xn--a", "sthree-a",
                          "a-s3alias", "a--ol-s3"}) {
    EXPECT_FALSE(is_bucket_name(bad)) << bad;
  }
  EXPECT_FALSE(is_bucket_name(std::string(64, 'a')));
}

}  // namespace
}  // namespace clary::services::s3
