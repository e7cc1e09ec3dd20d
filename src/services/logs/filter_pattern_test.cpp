#include "services/logs/filter_pattern.hpp"

#include <gtest/gtest.h>

namespace clary::services::logs {
namespace {

bool matches(std::string_view pattern, std::string_view message) {
  auto parsed = FilterPattern::parse(pattern);
  EXPECT_TRUE(parsed) << pattern << ": " << parsed.error().message;
  return parsed && parsed->matches(message);
}

TEST(FilterPattern, NothingMatchesEverything) {
  EXPECT_TRUE(matches("", ""));
  EXPECT_TRUE(matches("   ", "anything"));
}

TEST(FilterPattern, AllTermsHaveToBeThere) {
  EXPECT_TRUE(matches("ERROR disk", "disk: ERROR"));
  EXPECT_FALSE(matches("ERROR disk", "ERROR"));
  EXPECT_FALSE(matches("error", "ERROR")) << "case counts";
  EXPECT_TRUE(matches("  two   blanks ", "blanks, two"));
}

TEST(FilterPattern, OneOfTheOptionalTermsIsEnough) {
  EXPECT_TRUE(matches("?ERROR ?WARN", "a WARN"));
  EXPECT_FALSE(matches("?ERROR ?WARN", "an INFO"));
  EXPECT_TRUE(matches("?\"two words\" ?x", "just two words"));
}

TEST(FilterPattern, ExcludedTermsMustNotBeThere) {
  EXPECT_FALSE(matches("-ERROR", "ERROR"));
  EXPECT_TRUE(matches("-ERROR", ""));
  EXPECT_FALSE(matches("ERROR -\"on disk\"", "ERROR on disk"));
  EXPECT_TRUE(matches("ERROR -\"on disk\"", "disk on ERROR"));
  EXPECT_TRUE(matches("a-b", "a-b")) << "a dash inside a term is part of it";
}

TEST(FilterPattern, QuotesMakeAPhrase) {
  EXPECT_TRUE(matches("\"INTERNAL SERVER ERROR\"", "[INTERNAL SERVER ERROR 500]"));
  EXPECT_FALSE(matches("\"INTERNAL SERVER ERROR\"", "ERROR SERVER INTERNAL"));
  EXPECT_TRUE(matches(R"("a \"quoted\" one")", R"(a "quoted" one)"));
  EXPECT_TRUE(matches(R"("back\\slash")", R"(back\slash)"));
  EXPECT_TRUE(matches("\"-not excluded\"", "-not excluded"));
}

TEST(FilterPattern, PercentSignsHoldARegularExpression) {
  EXPECT_TRUE(matches("%[0-9]{3}%", "took 123 ms"));
  EXPECT_FALSE(matches("%^[0-9]{3}%", "took 123 ms"));
  EXPECT_TRUE(matches("%colou?r% -blue", "color red"));
  EXPECT_FALSE(matches("%colou?r% -blue", "colour blue"));
}

TEST(FilterPattern, AnHostileExpressionTakesTimeInTheTextsLength) {
  EXPECT_FALSE(matches("%(a*)*b%", std::string(100000, 'a')));
}

TEST(FilterPattern, RefusesWhatIsBrokenAndWhatIsNotServed) {
  for (std::string_view pattern :
       {"\"open", "\"open \\\"", "%open", "%(%", "?", "-", "a ?", "{ $.level = \"x\" }", "  [a, b]", "%a{2000}%"}) {
    auto parsed = FilterPattern::parse(pattern);
    ASSERT_FALSE(parsed) << pattern;
    EXPECT_EQ(parsed.error().code, "InvalidParameterException");
    EXPECT_NE(parsed.error().message.find("Invalid filter pattern"), std::string::npos);
  }
}

}  // namespace
}  // namespace clary::services::logs
