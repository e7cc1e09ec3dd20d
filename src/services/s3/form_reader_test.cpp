#include "services/s3/form_reader.hpp"

#include <cstring>
#include <gtest/gtest.h>

namespace clary::services::s3 {
namespace {

// A body that comes in pieces of one size.
class Pieces : public http::BodyReader {
 public:
  Pieces(std::string body, std::size_t piece) : body_(std::move(body)), piece_(piece) {}
  Outcome<std::size_t> read(char* data, std::size_t size) override {
    const std::size_t count = std::min({size, piece_, body_.size() - at_});
    std::memcpy(data, body_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  std::string body_;
  std::size_t piece_, at_ = 0;
};

std::string part(const std::string& disposition, const std::string& value) {
  return "--XX\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + value + "\r\n";
}

std::string file_of(FormReader& form) {
  std::string data;
  while (true) {
    auto piece = form.next();
    if (!piece) return "failed: " + piece.error().code;
    if (piece->empty()) return data;
    data += *piece;
  }
}

TEST(FormReader, FieldsThenTheFileInPiecesOfAnySize) {
  std::string file = "begin\r\n--X\r\n--XY\r\n-";
  for (int i = 0; i < 40000; ++i) file += "\r\n--X" + std::to_string(i);
  const std::string body = "preamble\r\n" + part("name=\"key\"", "a/${filename}") + part("name=policy", "e30=") +
                           "--XX\r\nContent-Disposition: form-data; name=\"file\"; "
                           "filename=\"a;\\\"b.csv\"\r\nContent-Type: text/csv\r\n\r\n" +
                           file + "\r\n--XX\r\nContent-Disposition: form-data; name=\"after\"\r\n\r\nx\r\n--XX--\r\n";
  for (std::size_t piece : {1, 2, 3, 7, 100, 65536, 1000000}) {
    Pieces pieces(body, piece);
    auto form = FormReader::open("multipart/form-data; boundary=XX", pieces);
    ASSERT_TRUE(form.has_value());
    auto fields = form->read_fields();
    ASSERT_TRUE(fields.ok()) << fields.error().message;
    EXPECT_EQ(fields->at("KEY"), "a/${filename}");
    EXPECT_EQ(fields->at("policy"), "e30=");
    EXPECT_EQ(form->file_name(), "a;\"b.csv");
    EXPECT_EQ(form->file_type(), "text/csv");
    EXPECT_EQ(file_of(*form), file) << piece;
    EXPECT_EQ(file_of(*form), "");
  }
}

TEST(FormReader, AnEmptyFile) {
  Pieces pieces(part("name=\"file\"", "") + "--XX--\r\n", 10);
  auto form = FormReader::open("multipart/form-data; boundary=\"XX\"", pieces);
  ASSERT_TRUE(form->read_fields().ok());
  EXPECT_EQ(file_of(*form), "");
}

std::string fault_of(std::string body) {
  Pieces pieces(std::move(body), 1000);
  auto form = FormReader::open("multipart/form-data; boundary=XX", pieces);
  auto fields = form->read_fields();
  return fields ? file_of(*form) : fields.error().code;
}

TEST(FormReader, WhatIsNoForm) {
  EXPECT_EQ(fault_of(""), "MalformedPOSTRequest");
  EXPECT_EQ(fault_of("no boundary at all"), "MalformedPOSTRequest");
  EXPECT_EQ(fault_of(part("name=\"key\"", "k") + "--XX--\r\n"), "InvalidArgument");
  EXPECT_EQ(fault_of(part("name=\"key\"", "k")), "MalformedPOSTRequest");
  EXPECT_EQ(fault_of("--XX\r\nNo-Name: x\r\n\r\nv\r\n--XX--"), "MalformedPOSTRequest");
  EXPECT_EQ(fault_of(part("name=\"key\"", "\xFF") + part("name=\"file\"", "")), "MalformedPOSTRequest");
  EXPECT_EQ(fault_of("--XX\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nhalf a fi"),
            "failed: IncompleteBody");
  EXPECT_EQ(fault_of(part("name=\"key\"", std::string(30000, 'x'))), "MaxPostPreDataLengthExceeded");
  std::string many;
  for (int i = 0; i < 3000; ++i) many += part("name=\"f" + std::to_string(i) + "\"", "12345");
  EXPECT_EQ(fault_of(many), "MaxPostPreDataLengthExceeded");
  EXPECT_EQ(fault_of("--XX\r\n" + std::string(100000, 'h')), "MaxPostPreDataLengthExceeded");
  Pieces pieces("", 1);
  for (const char* type :
       {"", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=XX"}) {
    EXPECT_FALSE(FormReader::open(type, pieces).has_value()) << type;
  }
}

}  // namespace
}  // namespace clary::services::s3
