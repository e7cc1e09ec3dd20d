#include "model_server/pickle.hpp"

#include <gtest/gtest.h>

namespace clary::model_server {
namespace {

using namespace std::string_literals;

// As Python writes Booster.__getstate__: a call of bytearray over the bytes, behind the key "handle".
std::string pickled(const std::string& model, const std::string& more = "") {
  std::string text = "\x80\x03" "cxgboost.core\nBooster\nq\0)\x81q\1}q\2(X\6\0\0\0handleq\3cbuiltins\nbytearray\nq\4B"s;
  for (int shift = 0; shift < 32; shift += 8) text += static_cast<char>(model.size() >> shift & 0xff);
  return text + model + "q\5\x85q\6Rq\7" + more + "ub.";
}

TEST(Pickle, IsToldByItsFirstBytes) {
  EXPECT_TRUE(is_pickle(pickled("model")));
  EXPECT_FALSE(is_pickle("{\"learner\""));
  EXPECT_FALSE(is_pickle("\x80\x09."));
  EXPECT_FALSE(is_pickle(""));
}

TEST(Pickle, TheModelIsFoundWithinIt) {
  const std::string text = pickled("model\0bytes"s);
  auto found = find_booster(text);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->model, "model\0bytes"s);
  EXPECT_EQ(found->model.data(), text.data() + text.find("model\0bytes"s));
  EXPECT_EQ(found->tree_limit, std::nullopt);
}

TEST(Pickle, TheTreeLimitOfEarlyStoppingIsTakenAlong) {
  EXPECT_EQ(find_booster(pickled("m", "X\x10\0\0\0best_ntree_limitq\x08K\x07"s))->tree_limit, 7u);
  EXPECT_EQ(find_booster(pickled("m", "X\x10\0\0\0best_ntree_limitq\x08M\x2c\1"s))->tree_limit, 300u);
  EXPECT_EQ(find_booster(pickled("m", "X\x10\0\0\0best_ntree_limitNK\x07"s))->tree_limit, std::nullopt);
}

TEST(Pickle, WhatIsNoBoosterIsAnError) {
  EXPECT_FALSE(find_booster("\x80\x03N."));
  EXPECT_FALSE(find_booster(pickled("")));
  EXPECT_FALSE(find_booster("\x80\x03" "C\5model."));  // bytes of something else
  EXPECT_FALSE(find_booster("\x80\x03\xff."));
  const std::string text = pickled("model");
  for (std::size_t size = 2; size < text.size(); ++size) EXPECT_FALSE(find_booster(std::string_view(text).substr(0, size))) << size;
  EXPECT_FALSE(find_booster("\x80\x04X\x06\0\0\0handle\x8e\xff\xff\xff\xff\xff\xff\xff\xff."s));
}

}  // namespace
}  // namespace clary::model_server
