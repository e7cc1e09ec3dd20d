#include "services/sagemaker/retries.hpp"

#include <gtest/gtest.h>

#include "api/sagemaker.hpp"
#include "wire/json.hpp"

namespace clary::services::sagemaker {
namespace {

http::Request call(std::string id) {
  http::Request request;
  if (!id.empty()) request.headers.add("amz-sdk-invocation-id", std::move(id));
  return request;
}

TEST(Retries, OnlyTheSameCallRepeats) {
  std::string document = with_invocation(call("0a-1b"), R"({"ModelName":"m"})");
  EXPECT_TRUE(repeats(call("0a-1b"), document));
  for (std::string other : {"0a-1", "0a-1b2", "0A-1B", ""}) EXPECT_FALSE(repeats(call(other), document)) << other;
  EXPECT_FALSE(repeats(call("0a-1b"), R"({"ModelName":"m"})"));
}

TEST(Retries, AChangedDocumentKeepsTheIdOfItsMaker) {
  std::string earlier = with_invocation(call("0a-1b"), R"({"TrialName":"t"})");
  for (std::string changed : {R"({"TrialName":"t","DisplayName":"d"})", "{}"}) {
    std::string kept = keep_invocation(earlier, changed);
    EXPECT_TRUE(repeats(call("0a-1b"), kept)) << kept;
    EXPECT_EQ(kept, with_invocation(call("0a-1b"), changed));
    EXPECT_EQ(keep_invocation(R"({"TrialName":"t"})", changed), changed);
  }
}

TEST(Retries, ACallWithoutAnIdIsNeverOne) {
  std::string document = with_invocation(call(""), R"({"ModelName":"m"})");
  EXPECT_EQ(document, R"({"ModelName":"m"})");
  EXPECT_FALSE(repeats(call(""), document));
}

TEST(Retries, WhatIsNoIdIsNotKept) {
  for (std::string id :
       {std::string(65, 'a'), std::string("a\"b"), std::string("a\\"), std::string("\xC3\xA9"), std::string("a b")}) {
    EXPECT_EQ(with_invocation(call(id), "{}"), "{}");
    EXPECT_FALSE(repeats(call(id), "{}"));
  }
}

TEST(Retries, TheDocumentIsReadAsBefore) {
  using api::sagemaker::CreateModelInput;
  for (std::string_view text : {"{}", R"({"ModelName":"m"})"}) {
    std::string document = with_invocation(call("0-1"), std::string(text));
    auto read = wire::from_document<CreateModelInput>(api::sagemaker::CreateModelInput_shape, document);
    ASSERT_TRUE(read) << document;
    EXPECT_EQ(read->ModelName, text == "{}" ? "" : "m");
    EXPECT_TRUE(repeats(call("0-1"), document));
  }
}

}  // namespace
}  // namespace clary::services::sagemaker
