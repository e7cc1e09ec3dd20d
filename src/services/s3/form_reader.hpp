// Reads a multipart/form-data body (RFC 7578) as it comes: first its fields, then its one file, piece by piece.
// A plain object of one call. Invariant: no more than a buffer of the file is ever in memory; fields are bounded in
// number and size.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/post_form.hpp"
#include "http/message.hpp"

namespace clary::services::s3 {

class FormReader {
 public:
  // Nothing: the content type is no form's.
  static std::optional<FormReader> open(std::string_view content_type, http::BodyReader& body);

  // The fields before the file. InvalidArgument when no file comes, MalformedPOSTRequest, MaxPostPreDataLengthExceeded.
  Outcome<auth::FormFields> read_fields();
  const std::string& file_name() const { return file_name_; }
  const std::string& file_type() const { return file_type_; }  // the Content-Type of the file's own part
  // Then: the next piece of the file, valid until the next call; empty at its end. What follows it is not looked at.
  Outcome<std::string_view> next();

 private:
  FormReader(std::string boundary, http::BodyReader& body);
  Outcome<bool> fill();
  Outcome<std::string> read_until(std::string_view mark, std::size_t limit);
  void consume(std::size_t count) { at_ += count; }
  std::string_view rest() const { return std::string_view(buffer_).substr(at_); }

  std::string boundary_;  // "\r\n--boundary"
  http::BodyReader* body_;
  std::unique_ptr<char[]> piece_;  // what was read last
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t given_ = 0;  // of the rest: handed out by next()
  std::string file_name_, file_type_;
  bool ended_ = false;
};

}  // namespace clary::services::s3
