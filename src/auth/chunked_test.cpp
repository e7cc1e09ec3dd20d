#include "auth/chunked.hpp"

#include <gtest/gtest.h>

#include "auth/canonical.hpp"
#include "auth/errors.hpp"
#include "base/bytes.hpp"

namespace clary::auth {
namespace {

// The examples that the Amazon S3 API Reference publishes, with its well-known example key.
const Time published = *parse_basic_iso8601("20130524T000000Z");
constexpr std::string_view scope = "20130524/us-east-1/s3/aws4_request";

std::string signing_key() {
  return derive_signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3");
}

std::string signed_example() {
  return "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
         std::string(65536, 'a') +
         "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
         std::string(1024, 'a') +
         "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
}

std::string trailer_example() {
  return "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" +
         std::string(65536, 'a') +
         "\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" +
         std::string(1024, 'a') +
         "\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
         "x-amz-checksum-crc32c:sOO8/Q==\r\n"
         "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
}

ChunkedBody signed_body() {
  return {Payload::chunked_signed,
          signing_key(),
          "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
          "20130524T000000Z",
          std::string(scope),
          66560,
          ""};
}

ChunkedBody trailer_body() {
  return {Payload::chunked_signed_trailer,
          signing_key(),
          "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
          "20130524T000000Z",
          std::string(scope),
          66560,
          "x-amz-checksum-crc32c"};
}

ChunkedBody unsigned_body(std::optional<std::uint64_t> length, std::string trailers = "x-amz-checksum-crc32") {
  return {Payload::chunked_unsigned_trailer, "", "", "", "", length, std::move(trailers)};
}

struct Result {
  std::string code;  // empty: it all succeeded
  std::string data;
  std::vector<std::pair<std::string, std::string>> trailers;
};

Result decode(ChunkedBody body, std::string_view text, std::size_t step = SIZE_MAX) {
  ChunkedDecoder decoder(std::move(body));
  Result result;
  while (!text.empty()) {
    std::string_view piece = text.substr(0, step);
    text.remove_prefix(piece.size());
    while (!piece.empty()) {
      auto data = decoder.next(piece);
      if (!data) {
        EXPECT_FALSE(decoder.finish()) << "a failed body must not be committed";
        result.code = data.error().code;
        return result;
      }
      result.data += *data;
    }
  }
  auto finished = decoder.finish();
  result.code = finished ? "" : finished.error().code;
  result.trailers = decoder.trailers();
  return result;
}

TEST(ChunkedDecoder, ThePublishedHeadIsBelieved) {
  ManualClock clock{published};
  Keys keys({"000000000000", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", std::string(32, 'm'),
             "arn:aws:iam::000000000000:role/R"},
            clock);
  Verifier verifier(keys, clock);
  SignedMessage message{"PUT",
                        "/examplebucket/chunkObject.txt",
                        "",
                        {{"Host", "s3.amazonaws.com"},
                         {"x-amz-date", "20130524T000000Z"},
                         {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                         {"Authorization",
                          "AWS4-HMAC-SHA256 "
                          "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                          "aws4_request,SignedHeaders=content-encoding;content-length;"
                          "host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,"
                          "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"},
                         {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
                         {"Content-Encoding", "aws-chunked"},
                         {"x-amz-decoded-content-length", "66560"},
                         {"Content-Length", "66824"}},
                        {}};
  auto verified = verifier.verify(message, *read_claim(message), "");
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->payload, Payload::chunked_signed);
  EXPECT_EQ(decode(ChunkedBody::of(*verified, 66560, ""), signed_example()).code, "");
}

TEST(ChunkedDecoder, ThePublishedExamplesDecode) {
  for (std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{8192}, SIZE_MAX}) {
    Result plain = decode(signed_body(), signed_example(), step);
    EXPECT_EQ(plain.code, "") << step;
    EXPECT_EQ(plain.data, std::string(66560, 'a'));
    Result trailed = decode(trailer_body(), trailer_example(), step);
    EXPECT_EQ(trailed.code, "") << step;
    EXPECT_EQ(trailed.data, std::string(66560, 'a'));
    ASSERT_EQ(trailed.trailers.size(), 1U);
    EXPECT_EQ(trailed.trailers[0], (std::pair<std::string, std::string>{"x-amz-checksum-crc32c", "sOO8/Q=="}));
  }
}

TEST(ChunkedDecoder, AnyByteChangedIsSeen) {
  const std::string text = signed_example(), trailed = trailer_example();
  for (std::size_t at = 0; at < text.size(); at += at < 100 || at > text.size() - 1300 ? 1 : 4099) {
    std::string touched = text;
    touched[at] ^= 1;
    EXPECT_NE(decode(signed_body(), touched).code, "") << at;
  }
  for (std::size_t at = trailed.size() - 260; at < trailed.size(); ++at) {
    std::string touched = trailed;
    touched[at] ^= 1;
    EXPECT_NE(decode(trailer_body(), touched).code, "") << at << " of " << trailed.size();
  }
  std::string touched = text;
  touched[30000] ^= 1;
  EXPECT_EQ(decode(signed_body(), touched).code, "SignatureDoesNotMatch");
}

TEST(ChunkedDecoder, TruncationIsSeenEverywhere) {
  const std::string text = "4\r\ndata\r\n0\r\nx-amz-checksum-crc32:rfPzYw==\r\n\r\n";
  EXPECT_EQ(decode(unsigned_body(4), text).code, "");
  EXPECT_EQ(decode(unsigned_body({}), text).data, "data");
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(decode(unsigned_body(4), text.substr(0, size)).code, "IncompleteBody") << size;
  const std::string big = signed_example();
  for (std::size_t cut : {1, 2, 3, 5, 80, 90, 92, 600, 1200})
    EXPECT_EQ(decode(signed_body(), big.substr(0, big.size() - cut)).code, "IncompleteBody");
  // A whole chunk taken out, or the last one brought forward.
  std::size_t second = big.find("400;"), last = big.find("0;chunk-signature=b6");
  EXPECT_EQ(decode(signed_body(), big.substr(0, second) + big.substr(last)).code, "SignatureDoesNotMatch");
}

TEST(ChunkedDecoder, LengthsAreHeld) {
  const std::string text = "4\r\ndata\r\n0\r\nx-amz-checksum-crc32:rfPzYw==\r\n\r\n";
  EXPECT_EQ(decode(unsigned_body(3), text).code, "IncompleteBody");
  EXPECT_EQ(decode(unsigned_body(3), text).data, "") << "not a byte beyond what was announced";
  EXPECT_EQ(decode(unsigned_body(5), text).code, "IncompleteBody");
  EXPECT_EQ(decode(unsigned_body(4), text + "x").code, "IncompleteBody");
  EXPECT_EQ(decode(unsigned_body(4), text + text).code, "IncompleteBody");
}

TEST(ChunkedDecoder, BrokenFraming) {
  auto code = [](const std::string& text) { return decode(unsigned_body({}, ""), text).code; };
  EXPECT_EQ(code("0\r\n\r\n"), "");
  EXPECT_EQ(code("A\r\n0123456789\r\n000\r\n\r\n"), "");
  EXPECT_EQ(code("4;anything=else\r\ndata\r\n0\r\n\r\n"), "");
  EXPECT_EQ(code("x\r\n"), "InvalidChunkSizeError");
  EXPECT_EQ(code("-1\r\n"), "InvalidChunkSizeError");
  EXPECT_EQ(code("0x4\r\ndata\r\n"), "InvalidChunkSizeError");
  EXPECT_EQ(code(" 4\r\ndata\r\n"), "InvalidChunkSizeError");
  EXPECT_EQ(code("\r\n"), "InvalidChunkSizeError");
  EXPECT_EQ(code("4\ndata\r\n"), "InvalidChunkSizeError");
  EXPECT_EQ(code("4\r\ndatax\r\n"), "InvalidChunkSizeError");
  EXPECT_EQ(code("4\r\ndata\n"), "InvalidChunkSizeError");
  EXPECT_EQ(code("10000000000000000\r\n"), "InvalidChunkSizeError") << "more than 64 bits";
  EXPECT_EQ(code("ffffffffffffffff\r\n"), "IncompleteBody");
  EXPECT_EQ(code("1;" + std::string(5000, 'x')), "InvalidChunkSizeError");
  EXPECT_EQ(decode(signed_body(), "4\r\ndata\r\n").code, "InvalidChunkSizeError") << "a signature is missing";
}

TEST(ChunkedDecoder, Trailers) {
  auto code = [](const std::string& announced, const std::string& text) {
    return decode(unsigned_body({}, announced), "0\r\n" + text).code;
  };
  EXPECT_EQ(code("X-Amz-Checksum-CRC32 , x-amz-meta", "x-amz-meta: 1\r\nX-AMZ-checksum-crc32 : AAAAAA==\r\n\r\n"), "");
  EXPECT_EQ(code("x-amz-checksum-crc32", "\r\n"), "MalformedTrailerError") << "announced and missing";
  EXPECT_EQ(code("", "x-amz-checksum-crc32:AAAAAA==\r\n\r\n"), "MalformedTrailerError") << "never announced";
  EXPECT_EQ(code("a", "a:1\r\na:2\r\n\r\n"), "MalformedTrailerError");
  EXPECT_EQ(code("a", "a\r\n\r\n"), "MalformedTrailerError");
  EXPECT_EQ(code("a", ":1\r\n\r\n"), "MalformedTrailerError");
  EXPECT_EQ(code("a", "a:" + std::string(5000, '1')), "MalformedTrailerError");
  std::string many;
  for (int i = 0; i < 20; ++i) many += "a" + std::to_string(i) + ":1\r\n";
  EXPECT_EQ(code("a", many), "MalformedTrailerError");
  std::string unsigned_trailer = trailer_example();
  unsigned_trailer.erase(unsigned_trailer.find("x-amz-trailer-signature"));
  EXPECT_EQ(decode(trailer_body(), unsigned_trailer + "\r\n").code, "SignatureDoesNotMatch");
  std::string plain = signed_example();
  EXPECT_EQ(decode(signed_body(), plain.substr(0, plain.size() - 2) + "a:1\r\n\r\n").code, "MalformedTrailerError");
}

}  // namespace
}  // namespace clary::auth
