#include "services/s3/form_reader.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "services/s3/errors.hpp"

namespace clary::services::s3 {

namespace {

constexpr std::size_t piece = 128 * 1024;
constexpr std::size_t most_field_bytes = 20 * 1024;  // S3's bound on all that comes before the file
constexpr std::size_t most_part_head = 8 * 1024;

Error malformed() {
  return aws_error(ErrorKind::validation, "MalformedPOSTRequest",
                   "The body of your POST request is not well-formed multipart/form-data.");
}
Error too_many() {
  return aws_error(ErrorKind::validation, "MaxPostPreDataLengthExceeded",
                   "Your POST request fields preceding the upload file were too large.");
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The value of a header's parameter: name="digits.csv"; nothing where it is absent.
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
  for (std::size_t at = header.find(';'); at != std::string_view::npos;) {
    std::size_t end = at + 1;
    for (bool in_quotes = false; end < header.size() && (in_quotes || header[end] != ';'); ++end) {
      if (header[end] == '"') in_quotes = !in_quotes;
      if (header[end] == '\\' && in_quotes && end + 1 < header.size() && header[end + 1] == '"') ++end;
    }
    const std::string_view one = trimmed(header.substr(at + 1, end - at - 1));
    const auto equals = one.find('=');
    if (equals != std::string_view::npos && http::equal_ignoring_case(trimmed(one.substr(0, equals)), name)) {
      std::string_view value = trimmed(one.substr(equals + 1));
      if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
      std::string plain;
      for (std::size_t i = 1; i + 1 < value.size(); ++i) {
        if (value[i] == '\\' && value[i + 1] == '"' && i + 2 < value.size()) ++i;
        plain += value[i];
      }
      return plain;
    }
    at = end < header.size() ? end : std::string_view::npos;
  }
  return std::nullopt;
}

struct PartHead {
  std::string name, type;
  std::optional<std::string> file_name;
};

PartHead read_part_head(std::string_view head) {
  PartHead read;
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (http::equal_ignoring_case(trimmed(line.substr(0, colon)), "content-disposition")) {
      read.name = parameter(value, "name").value_or("");
      read.file_name = parameter(value, "filename");
    } else if (http::equal_ignoring_case(trimmed(line.substr(0, colon)), "content-type")) {
      read.type = value;
    }
  }
  return read;
}

}  // namespace

FormReader::FormReader(std::string boundary, http::BodyReader& body)
    : boundary_("\r\n--" + std::move(boundary)), body_(&body), piece_(std::make_unique_for_overwrite<char[]>(piece)) {
  // The first boundary has no line before it.
  buffer_ = "\r\n";
}

std::optional<FormReader> FormReader::open(std::string_view content_type, http::BodyReader& body) {
  const std::string_view kind = trimmed(content_type.substr(0, content_type.find(';')));
  if (!http::equal_ignoring_case(kind, "multipart/form-data")) return std::nullopt;
  auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 256) return std::nullopt;
  return FormReader(*std::move(boundary), body);
}

// More of the body; false at its end.
Outcome<bool> FormReader::fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  TRY(std::size_t got, body_->read(piece_.get(), piece));
  buffer_.append(piece_.get(), got);
  return got > 0;
}

// All up to `mark`, which is taken too.
Outcome<std::string> FormReader::read_until(std::string_view mark, std::size_t limit) {
  for (std::size_t searched = 0;;) {
    const auto found = rest().find(mark, searched);
    if (found != std::string_view::npos) {
      if (found > limit) return too_many();
      std::string text(rest().substr(0, found));
      consume(found + mark.size());
      return text;
    }
    if (rest().size() > limit + mark.size()) return too_many();
    searched = rest().size() - std::min(rest().size(), mark.size() - 1);
    TRY(bool more, fill());
    if (!more) return malformed();
  }
}

Outcome<auth::FormFields> FormReader::read_fields() {
  auth::FormFields fields;
  std::size_t taken = 0;
  CHECK_OK(read_until(boundary_, most_part_head));
  while (true) {
    TRY(std::string line_end, read_until("\r\n", most_part_head));
    if (line_end.starts_with("--")) {
      return aws_error(ErrorKind::validation, "InvalidArgument", "POST requires exactly one file upload per request.")
          .with("ArgumentName", "file")
          .with("ArgumentValue", "0");
    }
    TRY(std::string head_text, read_until("\r\n\r\n", most_part_head));
    PartHead head = read_part_head(head_text);
    if (head.name.empty()) return malformed();
    if (http::equal_ignoring_case(head.name, "file")) {
      file_name_ = std::move(head.file_name).value_or("");
      file_type_ = std::move(head.type);
      return fields;
    }
    TRY(std::string value, read_until(boundary_, most_field_bytes));
    taken += head.name.size() + value.size();
    if (taken > most_field_bytes) return too_many();
    if (!is_valid_utf8(value) || !is_valid_utf8(head.name)) return malformed();
    fields.insert_or_assign(std::move(head.name), std::move(value));
  }
}

Outcome<std::string_view> FormReader::next() {
  consume(std::exchange(given_, 0));
  while (!ended_) {
    const auto found = rest().find(boundary_);
    if (found != std::string_view::npos) {
      ended_ = true;
      given_ = found;
      if (found == 0) break;
      return rest().substr(0, found);
    }
    // The end of what is here may be the beginning of the boundary.
    if (rest().size() > boundary_.size()) {
      given_ = rest().size() - boundary_.size();
      return rest().substr(0, given_);
    }
    TRY(bool more, fill());
    if (!more) {
      return aws_error(ErrorKind::validation, "IncompleteBody", "The request body terminated unexpectedly");
    }
  }
  return std::string_view{};
}

}  // namespace clary::services::s3
