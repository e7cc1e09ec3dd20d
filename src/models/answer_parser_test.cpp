#include "models/answer_parser.hpp"

#include <gtest/gtest.h>
#include <string>

namespace clary::models {
namespace {

using State = AnswerParser::State;

State parse_in_pieces(AnswerParser& parser, std::string_view text, std::size_t piece) {
  for (std::size_t at = 0; at < text.size(); at += piece) parser.feed(text.substr(at, piece));
  return parser.state();
}

TEST(AnswerParser, ReadsASizedAnswerHoweverItIsCut) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Amzn-SageMaker-Custom-Attributes: a=1\r\ncontent-length: "
      "5\r\n\r\nhello";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    AnswerParser parser(100);
    ASSERT_EQ(parse_in_pieces(parser, text, piece), State::done) << piece;
    EXPECT_EQ(parser.status, 200u);
    EXPECT_EQ(parser.content_type, "application/json");
    EXPECT_EQ(parser.custom_attributes, "a=1");
    EXPECT_EQ(parser.body, "hello");
    EXPECT_TRUE(parser.keep_alive());
  }
}

TEST(AnswerParser, ReadsAChunkedAnswerHoweverItIsCut) {
  const std::string text =
      "HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nWiki\r\nA\r\npedia in c\r\n0\r\nTrailer: "
      "1\r\n\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    AnswerParser parser(100);
    ASSERT_EQ(parse_in_pieces(parser, text, piece), State::done) << piece;
    EXPECT_EQ(parser.status, 500u);
    EXPECT_EQ(parser.body, "Wikipedia in c");
    EXPECT_TRUE(parser.keep_alive());
  }
}

TEST(AnswerParser, CanBeUsedAgain) {
  AnswerParser parser(100);
  ASSERT_EQ(parser.feed("HTTP/1.1 200 OK\r\nContent-Type: a\r\nContent-Length: 1\r\n\r\nx"), State::done);
  parser.reset();
  EXPECT_FALSE(parser.begun());
  ASSERT_EQ(parser.feed("HTTP/1.1 204 No Content\r\n\r\n"), State::done);
  EXPECT_EQ(parser.status, 204u);
  EXPECT_EQ(parser.body, "");
  EXPECT_EQ(parser.content_type, "");
}

TEST(AnswerParser, ABodyWithoutLengthEndsWithTheConnection) {
  AnswerParser parser(100);
  EXPECT_EQ(parser.feed("HTTP/1.0 200 OK\r\n\r\nabc"), State::reading);
  EXPECT_EQ(parser.finish(), State::done);
  EXPECT_EQ(parser.body, "abc");
  EXPECT_FALSE(parser.keep_alive());
}

TEST(AnswerParser, SkipsInterimAnswers) {
  AnswerParser parser(100);
  EXPECT_EQ(parser.feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), State::done);
  EXPECT_EQ(parser.status, 200u);
  EXPECT_EQ(parser.body, "ok");
}

TEST(AnswerParser, ConnectionsThatCannotBeKept) {
  AnswerParser close(100), old(100), extra(100);
  EXPECT_EQ(close.feed("HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n"), State::done);
  EXPECT_FALSE(close.keep_alive());
  EXPECT_EQ(old.feed("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), State::done);
  EXPECT_FALSE(old.keep_alive());
  EXPECT_EQ(extra.feed("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP"), State::done);
  EXPECT_FALSE(extra.keep_alive());
  EXPECT_EQ(extra.body, "x");
}

TEST(AnswerParser, GarbageIsBroken) {
  for (std::string_view text : {
           "hello\n\n",
           "HTTP/2 200 OK\r\n\r\n",
           "HTTP/1.1 2x0 OK\r\n\r\n",
           "HTTP/1.1 99 OK\r\n\r\n",
           "HTTP/1.1 2000\r\n\r\n",
           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
           "HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\nabc",
           "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
       }) {
    AnswerParser parser(100);
    EXPECT_EQ(parser.feed(text), State::broken) << text;
  }
}

TEST(AnswerParser, AnEndTooSoonIsBroken) {
  for (std::string_view text : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
                                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"}) {
    AnswerParser parser(100);
    EXPECT_EQ(parser.feed(text), State::reading);
    EXPECT_EQ(parser.finish(), State::broken) << text;
    EXPECT_EQ(parser.begun(), !text.empty());
  }
}

TEST(AnswerParser, LimitsHold) {
  AnswerParser sized(100), chunked(100), endless(100), head(100), line(100), trailer(100);
  EXPECT_EQ(sized.feed("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"), State::too_large);
  EXPECT_EQ(chunked.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"), State::too_large);
  EXPECT_EQ(endless.feed("HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x')), State::too_large);
  EXPECT_EQ(parse_in_pieces(head, "HTTP/1.1 200 OK\r\n" + std::string(70000, 'x'), 1000), State::broken);
  EXPECT_EQ(line.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(9000, 'x')),
            State::broken);
  trailer.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
  for (int i = 0; i < 100; ++i) trailer.feed("x: " + std::string(1000, 'x') + "\r\n");
  EXPECT_EQ(trailer.state(), State::broken);
  AnswerParser exact(5);
  EXPECT_EQ(exact.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"), State::done);
}

}  // namespace
}  // namespace clary::models
