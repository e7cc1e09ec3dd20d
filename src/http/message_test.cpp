#include "http/message.hpp"

#include <gtest/gtest.h>

#include "http/body.hpp"
#include "http/respond.hpp"

namespace clary::http {
namespace {

TEST(Headers, NamesCompareWithoutCase) {
  Headers headers;
  headers.add("Content-Type", "text/csv");
  headers.add("X-A", "1");
  headers.add("x-a", "2");
  EXPECT_EQ(headers.get("content-type"), "text/csv");
  EXPECT_EQ(headers.joined("X-a"), "1,2");
  EXPECT_FALSE(headers.joined("X-b"));
  headers.set("x-A", "3");
  EXPECT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers.get("X-A"), "3");
  headers.erase("CONTENT-TYPE");
  EXPECT_FALSE(headers.has("Content-Type"));
}

TEST(Request, QueryValuesAreDecoded) {
  Request request;
  request.query = "list-type=2&prefix=a%2Fb+c&uploads&empty=&bad=%zz";
  EXPECT_EQ(request.query_value("prefix"), "a/b c");
  EXPECT_EQ(request.query_value("uploads"), "");
  EXPECT_EQ(request.query_value("empty"), "");
  EXPECT_FALSE(request.query_value("absent"));
  EXPECT_FALSE(request.query_value("bad"));
}

TEST(ReadAll, HoldsTheLimit) {
  // As a body comes that is read while the client sends it.
  class InPieces : public BodyReader {
   public:
    explicit InPieces(std::string_view text) : text_(text) {}
    Outcome<std::size_t> read(char* data, std::size_t size) override { return text_.read(data, size); }

   private:
    TextReader text_;
  };
  auto check = [](auto&& make) {
    const std::string text(200'000, 'x');
    auto exact = make(text), longer = make(text);
    auto whole = read_all(exact, text.size());
    ASSERT_TRUE(whole.ok());
    EXPECT_EQ(*whole, text);
    EXPECT_EQ(*read_all(exact, text.size()), "") << "it was read";
    auto cut = read_all(longer, text.size() - 1);
    ASSERT_FALSE(cut.ok());
    EXPECT_EQ(cut.error().kind, ErrorKind::limit_exceeded);
  };
  check([](std::string_view text) { return InPieces(text); });
  check([](std::string_view text) { return TextReader(text); });
}

TEST(ReadAll, TakesWhatIsLeft) {
  TextReader reader("0123456789");
  char begin[4];
  EXPECT_EQ(*reader.read(begin, sizeof begin), 4U);
  EXPECT_EQ(*read_all(reader, 6), "456789");
  EXPECT_EQ(*reader.read(begin, sizeof begin), 0U);
}

TEST(HeadText, NoFieldCanSmuggleALine) {
  Response response;
  response.headers.add("X-Name", "a\r\nSet-Cookie: b");
  response.headers.add("Content-Length", "999");
  response.headers.add("Transfer-Encoding", "chunked");
  auto head = head_text(response, 3, {}, "Tue, 24 Nov 2026 20:38:20 GMT");
  EXPECT_EQ(head,
            "HTTP/1.1 200 OK\r\nX-Name: a  Set-Cookie: b\r\nDate: Tue, 24 Nov 2026 20:38:20 GMT\r\nContent-Length: "
            "3\r\n\r\n");
}

}  // namespace
}  // namespace clary::http
