#include "http/message.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace clary::http {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (equal_ignoring_case(field, name)) return value;
  }
  return std::nullopt;
}

std::string_view Headers::get(std::string_view name, std::string_view otherwise) const {
  return find(name).value_or(otherwise);
}

std::optional<std::string> Headers::joined(std::string_view name) const {
  std::optional<std::string> all;
  for (const auto& [field, value] : fields_) {
    if (!equal_ignoring_case(field, name)) continue;
    if (all) {
      *all += ",";
      *all += value;
    } else {
      all = value;
    }
  }
  return all;
}

void Headers::set(std::string_view name, std::string value) {
  erase(name);
  add(std::string(name), std::move(value));
}

void Headers::erase(std::string_view name) {
  std::erase_if(fields_, [&](const auto& field) { return equal_ignoring_case(field.first, name); });
}

std::string_view Request::host() const {
  return headers.get("host");
}

std::optional<std::string> Request::query_value(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    auto end = rest.find('&');
    auto pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    auto equals = pair.find('=');
    if (uri_decode(pair.substr(0, equals), true) != name) continue;
    if (equals == std::string_view::npos) return std::string{};
    return uri_decode(pair.substr(equals + 1), true);
  }
  return std::nullopt;
}

Outcome<std::string> read_all(BodyReader& body, std::size_t limit) {
  auto too_long = [&] {
    return make_error(ErrorKind::limit_exceeded, "The request's body is longer than {} bytes.", limit);
  };
  std::string all;
  if (auto rest = body.take_rest()) {
    if (rest->size() > limit) return too_long();
    return *std::move(rest);
  }
  while (true) {
    auto before = all.size();
    // Little at first: most bodies are small, and what is asked for is filled with zeros.
    auto step = std::clamp<std::size_t>(before, 4 * 1024, 64 * 1024);
    // One byte past the limit is asked for, so that a body of exactly `limit` bytes is told from a longer one.
    all.resize(before + std::min(step, limit + 1 - before));
    TRY(auto got, body.read(all.data() + before, all.size() - before));
    all.resize(before + got);
    if (got == 0) return all;
    if (all.size() > limit) return too_long();
  }
}

}  // namespace clary::http
