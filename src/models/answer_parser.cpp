#include "models/answer_parser.hpp"

#include <algorithm>
#include <charconv>

#include "http/message.hpp"

namespace clary::models {

namespace {

constexpr std::size_t max_head = 64 * 1024;
constexpr std::size_t max_line = 8 * 1024;
constexpr std::uint64_t first_reservation = 16 << 20;  // what a server announces need not come

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// A number that is the whole text.
std::optional<std::uint64_t> number(std::string_view text, int base) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool names_option(std::string_view list, std::string_view option) {
  while (!list.empty()) {
    auto comma = std::min(list.find(','), list.size());
    if (http::equal_ignoring_case(trimmed(list.substr(0, comma)), option)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// The end of the head (after its empty line), or npos. A bare LF ends a line too.
std::size_t end_of_head(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (at + 1 < text.size() && text[at + 1] == '\n') return at + 2;
    if (at + 2 < text.size() && text[at + 1] == '\r' && text[at + 2] == '\n') return at + 3;
  }
  return std::string_view::npos;
}

}  // namespace

void AnswerParser::reset() {
  state_ = State::reading;
  part_ = Part::head;
  begun_ = chunked_ = false;
  keep_alive_ = true;
  why_ = "";
  length_.reset();
  left_ = 0;
  line_.clear();
  trailer_bytes_ = 0;
  status = 0;
  content_type.clear();
  custom_attributes.clear();
  body.clear();
}

AnswerParser::State AnswerParser::feed(std::string_view data) {
  if (!data.empty()) begun_ = true;
  while (!data.empty() && state_ == State::reading) {
    std::size_t taken = 0;
    switch (part_) {
      case Part::head: taken = take_head(data); break;
      case Part::sized:
      case Part::chunk_data: taken = take_sized(data); break;
      case Part::chunk_size:
      case Part::chunk_end:
      case Part::trailer: taken = take_line(data); break;
      case Part::until_close:
        append_body(data);
        taken = data.size();
        break;
    }
    data.remove_prefix(taken);
  }
  if (!data.empty()) keep_alive_ = false;
  return state_;
}

AnswerParser::State AnswerParser::finish() {
  if (state_ != State::reading) return state_;
  keep_alive_ = false;
  if (part_ == Part::until_close) {
    state_ = State::done;
  } else {
    fail("the connection was closed before the response was complete");
  }
  return state_;
}

std::size_t AnswerParser::take_head(std::string_view data) {
  // The usual head comes whole and is parsed where it lies.
  std::size_t before = line_.size();
  std::string_view all = data;
  if (before != 0) {
    line_.append(data.substr(0, max_head + 1));
    all = line_;
  }
  std::size_t end = end_of_head(all);
  if (end == std::string_view::npos) {
    if (all.size() > max_head) {
      fail("the response's headers are too long");
    } else if (before == 0) {
      line_.assign(data);
    }
    return data.size();
  }
  bool fine = end <= max_head && parse_head(all.substr(0, end));
  line_.clear();
  if (!fine) {
    fail("the response is not HTTP/1.1");
  } else if (status >= 100 && status < 200) {
    status = 0;  // an interim answer: the real one follows
  } else if (!frame_body()) {
    fail("the response's framing headers contradict each other");
  }
  return end - before;
}

bool AnswerParser::parse_head(std::string_view head) {
  length_.reset();
  chunked_ = false;
  auto line_end = head.find('\n');
  std::string_view line = trimmed(head.substr(0, line_end));
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ' || (line.size() > 12 && line[12] != ' '))
    return false;
  if (line[7] != '0' && line[7] != '1') return false;
  auto code = number(line.substr(9, 3), 10);
  if (!code || *code < 100 || *code > 599) return false;
  status = static_cast<unsigned>(*code);
  keep_alive_ = line[7] == '1';
  head.remove_prefix(line_end + 1);
  while (!head.empty()) {
    line_end = head.find('\n');
    line = head.substr(0, line_end);
    head.remove_prefix(line_end + 1);
    if (line.empty() || line == "\r") break;
    if (!parse_field(line)) return false;
  }
  return true;
}

bool AnswerParser::parse_field(std::string_view line) {
  auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || line[colon - 1] == ' ' || line[0] == ' ') return false;
  std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
  switch (name.size()) {  // names of our interest differ in length: most fields cost one comparison at the most
    case 10:
      if (http::equal_ignoring_case(name, "connection")) {
        if (names_option(value, "close")) keep_alive_ = false;
      }
      return true;
    case 12:
      if (http::equal_ignoring_case(name, "content-type")) content_type.assign(value);
      return true;
    case 14: {
      if (!http::equal_ignoring_case(name, "content-length")) return true;
      auto length = number(value, 10);
      if (!length || (length_ && *length_ != *length)) return false;
      length_ = length;
      return true;
    }
    case 17:
      if (!http::equal_ignoring_case(name, "transfer-encoding")) return true;
      chunked_ = http::equal_ignoring_case(value, "chunked");
      return chunked_;
    case 34:
      if (http::equal_ignoring_case(name, "x-amzn-sagemaker-custom-attributes")) custom_attributes.assign(value);
      return true;
    default: return true;
  }
}

bool AnswerParser::frame_body() {
  if (status == 204 || status == 304) {
    state_ = State::done;
    return true;
  }
  if (chunked_) {
    part_ = Part::chunk_size;
    return !length_;
  }
  if (!length_) {
    part_ = Part::until_close;
    keep_alive_ = false;
    return true;
  }
  if (*length_ > body_limit_) {
    state_ = State::too_large;
    return true;
  }
  part_ = Part::sized;
  left_ = *length_;
  body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(left_, first_reservation)));
  if (left_ == 0) state_ = State::done;
  return true;
}

std::size_t AnswerParser::take_sized(std::string_view data) {
  auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size()));
  append_body(data.substr(0, taken));
  left_ -= taken;
  if (left_ == 0 && state_ == State::reading) {
    if (part_ == Part::sized) {
      state_ = State::done;
    } else {
      part_ = Part::chunk_end;
    }
  }
  return taken;
}

std::size_t AnswerParser::take_line(std::string_view data) {
  auto end = data.find('\n');
  std::size_t taken = end == std::string_view::npos ? data.size() : end + 1;
  if (line_.size() + taken > max_line) {
    fail("a line of the response's chunked body is too long");
    return taken;
  }
  line_.append(data.substr(0, taken));
  if (end != std::string_view::npos) end_line();
  return taken;
}

void AnswerParser::end_line() {
  std::string_view line = trimmed(std::string_view(line_).substr(0, line_.size() - 1));
  if (part_ == Part::chunk_size) {
    auto size = number(trimmed(line.substr(0, line.find(';'))), 16);
    if (!size) {
      fail("the response's chunked body is malformed");
    } else if (*size > body_limit_ - body.size()) {
      state_ = State::too_large;
    } else {
      left_ = *size;
      part_ = left_ == 0 ? Part::trailer : Part::chunk_data;
    }
  } else if (part_ == Part::chunk_end) {
    if (!line.empty()) fail("the response's chunked body is malformed");
    part_ = Part::chunk_size;
  } else {
    trailer_bytes_ += line_.size();
    if (line.empty()) {
      state_ = State::done;
    } else if (trailer_bytes_ > max_head) {
      fail("the response's trailers are too long");
    }
  }
  line_.clear();
}

void AnswerParser::append_body(std::string_view data) {
  if (data.size() > body_limit_ - body.size()) {
    state_ = State::too_large;
    return;
  }
  body.append(data);
}

void AnswerParser::fail(const char* why) {
  state_ = State::broken;
  why_ = why;
}

}  // namespace clary::models
