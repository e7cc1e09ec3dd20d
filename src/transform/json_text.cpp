#include "transform/json_text.hpp"

#include <boost/json.hpp>

namespace clary::transform {

namespace {

constexpr std::size_t deepest = 200;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_scalar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.';
}

// Walks over a text; every step says whether it succeeded.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) { space(); }

  bool done() const { return at_ == text_.size(); }
  bool take(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    space();
    return true;
  }
  bool string(std::string_view& piece) {
    const std::size_t start = at_;
    if (!skip_string()) return false;
    piece = text_.substr(start, at_ - start);
    space();
    return true;
  }
  bool value(std::string_view& piece) {
    const std::size_t start = at_;
    if (!skip_value()) return false;
    piece = text_.substr(start, at_ - start);
    space();
    return true;
  }

 private:
  void space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool skip_string() {
    if (done() || text_[at_] != '"') return false;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        ++at_;
        return true;
      }
    }
    at_ = text_.size();
    return false;
  }
  bool skip_value() {
    if (done()) return false;
    if (text_[at_] == '"') return skip_string();
    if (text_[at_] == '{' || text_[at_] == '[') return skip_nested();
    const std::size_t start = at_;
    while (at_ < text_.size() && is_scalar(text_[at_])) ++at_;
    return at_ > start;
  }
  bool skip_nested() {
    std::string open;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!skip_string()) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') {
        if (open.size() == deepest) return false;
        open += c;
      } else if (c == '}' || c == ']') {
        if (open.back() != (c == '}' ? '{' : '[')) return false;
        open.pop_back();
        if (open.empty()) return true;
      }
    }
    return false;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

char first_of(std::string_view text) {
  for (const char c : text) {
    if (!is_space(c)) return c;
  }
  return '\0';
}

}  // namespace

bool is_json_object(std::string_view text) {
  return first_of(text) == '{';
}

bool is_json_array(std::string_view text) {
  return first_of(text) == '[';
}

Outcome<std::vector<JsonMember>> json_members(std::string_view object) {
  std::vector<JsonMember> members;
  Cursor cursor(object);
  bool fine = cursor.take('{');
  bool closed = fine && cursor.take('}');
  while (fine && !closed) {
    JsonMember member;
    fine = cursor.string(member.key) && cursor.take(':') && cursor.value(member.value);
    if (!fine) break;
    boost::system::error_code code;
    const auto name = boost::json::parse(boost::json::string_view(member.key.data(), member.key.size()), code);
    if (code || !name.is_string()) return validation("it has a member whose name is no JSON string");
    member.name = name.get_string();
    members.push_back(std::move(member));
    closed = cursor.take('}');
    fine = closed || cursor.take(',');
  }
  if (!fine || !cursor.done()) return validation("it is not a JSON object");
  return members;
}

Outcome<std::vector<std::string_view>> json_elements(std::string_view array) {
  std::vector<std::string_view> elements;
  Cursor cursor(array);
  bool fine = cursor.take('[');
  bool closed = fine && cursor.take(']');
  while (fine && !closed) {
    fine = cursor.value(elements.emplace_back());
    if (!fine) break;
    closed = cursor.take(']');
    fine = closed || cursor.take(',');
  }
  if (!fine || !cursor.done()) return validation("it is not a JSON array");
  return elements;
}

Outcome<std::string_view> json_value(std::string_view text) {
  Cursor cursor(text);
  std::string_view value;
  if (!cursor.value(value) || !cursor.done()) return validation("it is not JSON");
  return value;
}

std::string json_string(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

}  // namespace clary::transform
