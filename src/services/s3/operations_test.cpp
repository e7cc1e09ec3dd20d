#include "services/s3/operations.hpp"

#include <gtest/gtest.h>

#include "api/s3.hpp"
#include "services/s3/bindings.hpp"

namespace clary::services::s3 {
namespace {

std::string operation_of(const std::string& method, const Target& target, const std::string& query,
                         const std::string& header = "") {
  http::Request request;
  request.method = method;
  request.query = query;
  if (!header.empty()) request.headers.add(header, "x");
  const Rule* rule = find_rule(request, target, *wire::read_form(query));
  return rule == nullptr ? "" : std::string(rule->operation);
}

TEST(Operations, AreToldApart) {
  const Target service, bucket{"b", ""}, object{"b", "k"};
  EXPECT_EQ(operation_of("GET", service, ""), "ListBuckets");
  EXPECT_EQ(operation_of("GET", bucket, ""), "ListObjects");
  EXPECT_EQ(operation_of("GET", bucket, "list-type=2&prefix=a"), "ListObjectsV2");
  EXPECT_EQ(operation_of("GET", bucket, "versions"), "ListObjectVersions");
  EXPECT_EQ(operation_of("GET", bucket, "policy"), "GetBucketPolicy");
  EXPECT_EQ(operation_of("PUT", bucket, ""), "CreateBucket");
  EXPECT_EQ(operation_of("POST", bucket, "delete"), "DeleteObjects");
  EXPECT_EQ(operation_of("GET", object, "x-id=GetObject"), "GetObject");
  EXPECT_EQ(operation_of("GET", object, "uploadId=1"), "ListParts");
  EXPECT_EQ(operation_of("GET", object, "partNumber=1"), "GetObject");
  EXPECT_EQ(operation_of("PUT", object, ""), "PutObject");
  EXPECT_EQ(operation_of("PUT", object, "", "x-amz-copy-source"), "CopyObject");
  EXPECT_EQ(operation_of("PUT", object, "partNumber=1&uploadId=2"), "UploadPart");
  EXPECT_EQ(operation_of("PUT", object, "partNumber=1&uploadId=2", "X-Amz-Copy-Source"), "UploadPartCopy");
  EXPECT_EQ(operation_of("POST", object, "uploads"), "CreateMultipartUpload");
  EXPECT_EQ(operation_of("POST", object, "uploadId=2"), "CompleteMultipartUpload");
  EXPECT_EQ(operation_of("DELETE", object, "uploadId=2"), "AbortMultipartUpload");
  EXPECT_EQ(operation_of("DELETE", object, "tagging"), "DeleteObjectTagging");
  EXPECT_EQ(operation_of("POST", object, ""), "");
  EXPECT_EQ(operation_of("PATCH", bucket, ""), "");
  EXPECT_EQ(operation_of("DELETE", service, ""), "");
}

TEST(Operations, EveryServedOneCanBeAskedFor) {
  for (std::string_view name : api::s3::served_operations) EXPECT_NE(find_handler(name), nullptr) << name;
  EXPECT_EQ(find_handler("PutBucketPolicy"), nullptr);
}

}  // namespace
}  // namespace clary::services::s3
