#include <gtest/gtest.h>

#include "api/iam.hpp"
#include "api/s3.hpp"
#include "wire/query.hpp"
#include "wire/rest.hpp"
#include "wire/xml.hpp"

namespace clary::wire {
namespace {

namespace iam = clary::api::iam;
namespace s3 = clary::api::s3;

TEST(Query, ReadsListsOfMembers) {
  auto form = read_form("Action=SimulatePrincipalPolicy&PolicySourceArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fx-y-z-long-enough"
                        "&ActionNames.member.1=s3%3AGetObject&ActionNames.member.2=ec2%3ADescribe+All&MaxItems=7");
  ASSERT_TRUE(form);
  iam::SimulatePrincipalPolicyRequest in;
  Violations violations;
  ASSERT_TRUE(read_query(iam::SimulatePrincipalPolicyRequest_shape, &in, *form, violations));
  EXPECT_TRUE(violations.empty());
  EXPECT_EQ(in.ActionNames, (std::vector<std::string>{"s3:GetObject", "ec2:Describe All"}));
  EXPECT_EQ(in.MaxItems, 7);
}

TEST(Query, RefusesBrokenForms) {
  EXPECT_FALSE(read_form("a=%zz"));
  EXPECT_FALSE(read_form("a=%ff"));
  auto form = read_form("MaxItems=many");
  iam::ListRolesRequest in;
  Violations violations;
  EXPECT_FALSE(read_query(iam::ListRolesRequest_shape, &in, *form, violations));
}

TEST(Query, TellsWhatIsMissing) {
  iam::GetRoleRequest in;
  Violations violations;
  ASSERT_TRUE(read_query(iam::GetRoleRequest_shape, &in, *read_form("Action=GetRole"), violations));
  EXPECT_EQ(violations.result().error().message,
            "1 validation error detected: Value null at 'roleName' failed to satisfy constraint: Member must not be null");
}

TEST(Xml, WritesFlattenedAndWrappedLists) {
  s3::ListObjectsV2Output out;
  out.Name = "b";
  out.Contents = std::vector<s3::Object>{{.Key = "a<&>\x01", .LastModified = Time{1'795'553'146'000'000}, .Size = 3}, {.Key = "b"}};
  out.CommonPrefixes = std::vector<s3::CommonPrefix>{{.Prefix = "p/"}};
  std::string text;
  write_xml(s3::ListObjectsV2Output_shape, &out, "ListBucketResult", "http://s3.amazonaws.com/doc/2006-03-01/", text);
  EXPECT_TRUE(text.starts_with("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">")) << text;
  EXPECT_NE(text.find("<Contents><Key>a&lt;&amp;&gt;&#x1;</Key><LastModified>2026-11-24T20:45:46.000Z</LastModified><Size>3</Size></Contents>"
                      "<Contents><Key>b</Key></Contents>"),
            std::string::npos) << text;
  EXPECT_NE(text.find("<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>"), std::string::npos);
}

TEST(Xml, ReadsBodiesOfS3) {
  s3::Delete in;
  Violations violations;
  auto read = read_xml(s3::Delete_shape, &in,
                       "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key> a </Key></Object><Object><Key>b&amp;c</Key>"
                       "<VersionId>null</VersionId></Object><Quiet>true</Quiet></Delete>",
                       violations);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(in.Objects.size(), 2u);
  EXPECT_EQ(in.Objects[0].Key, " a ");
  EXPECT_EQ(in.Objects[1].Key, "b&c");
  EXPECT_TRUE(*in.Quiet);
}

TEST(Xml, RefusesBrokenAndDeepDocuments) {
  s3::Delete in;
  Violations violations;
  for (std::string text : {std::string("<Delete>"), std::string("no xml"), std::string("<Delete>\xff</Delete>"),
                           std::string("<!DOCTYPE x [<!ENTITY e \"v\">]>"), [] {
                             std::string deep;
                             for (int i = 0; i < 1000; ++i) deep += "<a>";
                             for (int i = 0; i < 1000; ++i) deep += "</a>";
                             return deep;
                           }()}) {
    auto read = read_xml(s3::Delete_shape, &in, text, violations);
    ASSERT_FALSE(read) << text.substr(0, 40);
    EXPECT_EQ(read.error().code, "MalformedXML");
  }
}

TEST(Rest, MatchesPathsByTheirLabels) {
  auto labels = match_uri("/{Bucket}/{Key+}?tagging", "/b/a%20b/c//d");
  ASSERT_TRUE(labels);
  EXPECT_EQ(labels->at("Bucket"), "b");
  EXPECT_EQ(labels->at("Key"), "a b/c//d");
  EXPECT_FALSE(match_uri("/endpoints/{EndpointName}/invocations", "/endpoints//invocations"));
  EXPECT_FALSE(match_uri("/endpoints/{EndpointName}/invocations", "/endpoints/e/invocations/more"));
  EXPECT_FALSE(match_uri("/{Bucket}", "/%zz"));
}

TEST(Rest, ReadsHeadersQueryAndPrefixes) {
  RestRequest request;
  request.labels = {{"Bucket", "b"}, {"Key", "k"}};
  request.headers = {{"Content-Type", "text/csv"}, {"x-amz-meta-Color", "blue"}, {"X-Amz-Meta-size", "9"}, {"If-None-Match", "*"}};
  s3::PutObjectRequest in;
  Violations violations;
  ASSERT_TRUE(read_rest(s3::op::PutObject::info, &in, request, violations));
  EXPECT_EQ(in.Bucket, "b");
  EXPECT_EQ(in.ContentType, "text/csv");
  EXPECT_EQ(in.IfNoneMatch, "*");
  EXPECT_EQ(*in.Metadata, (std::map<std::string, std::string>{{"color", "blue"}, {"size", "9"}}));
}

TEST(Rest, WritesHeadersAndDocuments) {
  s3::HeadObjectOutput out;
  out.ContentLength = 12;
  out.LastModified = Time{1'795'553'146'000'000};
  out.Metadata = std::map<std::string, std::string>{{"a", "b"}};
  RestAnswer answer = write_rest(s3::op::HeadObject::info, &out);
  std::map<std::string, std::string> headers(answer.headers.begin(), answer.headers.end());
  EXPECT_EQ(headers["Content-Length"], "12");
  EXPECT_EQ(headers["Last-Modified"], "Tue, 24 Nov 2026 20:45:46 GMT");
  EXPECT_EQ(headers["x-amz-meta-a"], "b");
}

}  // namespace
}  // namespace clary::wire
