#include "services/codec.hpp"

#include <gtest/gtest.h>

#include "api/cloudwatch.hpp"
#include "wire/cbor.hpp"

namespace clary::services {
namespace {

namespace cloudwatch = clary::api::cloudwatch;

http::Request request(const std::vector<std::pair<std::string, std::string>>& headers, std::string path = "/") {
  http::Request made;
  made.method = "POST", made.path = std::move(path), made.id = "the-id";
  for (const auto& [name, value] : headers) made.headers.add(name, value);
  return made;
}

const std::pair<std::string, std::string> json_target{"X-Amz-Target", "GraniteServiceVersion20100801.ListMetrics"}, query_mode{"x-amzn-query-mode", "true"},
    cbor_protocol{"smithy-protocol", "rpc-v2-cbor"};
const std::string cbor_path = "/service/GraniteServiceVersion20100801/operation/ListMetrics";

std::string text(std::string_view content) {
  std::string out;
  wire::write_cbor_text(content, out);
  return out;
}

const std::string& body_of(const http::Response& answer) { return std::get<std::string>(answer.body); }

// The namespace that a request asks for, in whatever protocol it comes.
std::string asked(const http::Request& call, std::string_view body) {
  auto codec = make_codec(cloudwatch::service, call, body);
  EXPECT_EQ(codec->operation_name(), "ListMetrics");
  cloudwatch::ListMetricsInput in;
  wire::Violations violations;
  auto read = codec->read(cloudwatch::op::ListMetrics::info, &in, violations);
  EXPECT_TRUE(read.ok()) << read.error().message;
  return in.Namespace.value_or("");
}

TEST(Codecs, ReadTheProtocolThatARequestIsIn) {
  EXPECT_EQ(asked(request({json_target}), R"({"Namespace": "x"})"), "x");
  EXPECT_EQ(asked(request({}), "Action=ListMetrics&Namespace=x"), "x");
  EXPECT_EQ(asked(request({cbor_protocol}, cbor_path), "\xa1" + text("Namespace") + text("x")), "x");
}

TEST(Codecs, AnswerInTheProtocolThatARequestIsIn) {
  cloudwatch::ListMetricsOutput out;
  out.NextToken = "n";
  auto answer = [&](const http::Request& call) { return make_codec(cloudwatch::service, call, {})->write(cloudwatch::op::ListMetrics::info, &out); };
  EXPECT_EQ(body_of(answer(request({json_target}))), R"({"NextToken":"n"})");
  EXPECT_EQ(answer(request({json_target})).headers.get("content-type"), "application/x-amz-json-1.0");
  EXPECT_EQ(body_of(answer(request({}))),
            "<ListMetricsResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><ListMetricsResult><NextToken>n</NextToken>"
            "</ListMetricsResult><ResponseMetadata><RequestId>the-id</RequestId></ResponseMetadata></ListMetricsResponse>");
  auto cbor = answer(request({cbor_protocol}, cbor_path));
  EXPECT_EQ(body_of(cbor), "\xa1" + text("NextToken") + text("n"));
  EXPECT_EQ(cbor.headers.get("content-type"), "application/cbor");
  EXPECT_EQ(cbor.headers.get("smithy-protocol"), "rpc-v2-cbor");
}

TEST(Codecs, WriteErrorsInTheProtocolThatARequestIsIn) {
  const Error wrong = validation("not so");
  auto answer = [&](const http::Request& call) { return make_codec(cloudwatch::service, call, {})->write_error(wrong); };
  auto json = answer(request({json_target, query_mode}));
  EXPECT_EQ(json.status, 400u);
  EXPECT_EQ(body_of(json), R"({"__type":"InvalidParameterValueException","message":"not so"})");
  EXPECT_EQ(json.headers.get("x-amzn-query-error"), "InvalidParameterValue;Sender");
  EXPECT_FALSE(answer(request({json_target})).headers.has("x-amzn-query-error"));
  auto cbor = answer(request({cbor_protocol, query_mode}, cbor_path));
  EXPECT_EQ(body_of(cbor), "\xa2" + text("__type") + text("InvalidParameterValueException") + text("message") + text("not so"));
  EXPECT_EQ(cbor.headers.get("x-amzn-query-error"), "InvalidParameterValue;Sender");
  EXPECT_EQ(cbor.headers.get("smithy-protocol"), "rpc-v2-cbor");
  auto query = answer(request({query_mode}));
  EXPECT_NE(body_of(query).find("<Type>Sender</Type><Code>InvalidParameterValue</Code><Message>not so</Message>"), std::string::npos) << body_of(query);
  EXPECT_FALSE(query.headers.has("x-amzn-query-error"));
}

TEST(Codecs, NameNoOperationOfAnotherService) {
  for (std::string_view path : {"/", "/service/Other/operation/ListMetrics", "/operation/ListMetrics"})
    EXPECT_EQ(make_codec(cloudwatch::service, request({cbor_protocol}, std::string(path)), {})->operation_name(), "") << path;
}

}  // namespace
}  // namespace clary::services
