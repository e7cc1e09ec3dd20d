#include "wire/violations.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace clary::wire {

namespace {

constexpr std::size_t most_told = 20;  // a hostile list could break its model a million times

std::string lower_first(std::string_view name) {
  std::string text(name);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

// Models hold Java patterns; those that RE2 cannot compile (look-around) are not checked. Compiled once each.
const re2::RE2* compiled(std::string_view pattern) {
  static std::shared_mutex mutex;
  static std::unordered_map<const char*, std::unique_ptr<re2::RE2>> cache;  // keyed by address: patterns are constants
  {
    std::shared_lock lock(mutex);
    if (auto it = cache.find(pattern.data()); it != cache.end()) return it->second.get();
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(false);
  auto expression = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  std::unique_lock lock(mutex);
  auto& slot = cache[pattern.data()];
  if (!slot) slot = std::move(expression);
  return slot.get();
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (unsigned char byte : text) count += (byte & 0xC0) != 0x80;
  return count;
}

std::string shown(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::string: return *static_cast<const std::string*>(value);
    case Kind::integer: return fmt::format("{}", *static_cast<const std::int64_t*>(value));
    case Kind::real: return fmt::format("{}", *static_cast<const double*>(value));
    case Kind::boolean: return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::timestamp: return to_iso8601(*static_cast<const Time*>(value));
    case Kind::blob: return "java.nio.HeapByteBuffer";
    case Kind::structure: return fmt::format("{}(...)", shape.name);
    case Kind::list: {
      std::vector<std::string> parts;
      for (std::size_t i = 0; i < shape.ops->size(value) && i < most_told; ++i) parts.push_back(shown(*shape.element, shape.ops->at(value, i)));
      return fmt::format("[{}]", fmt::join(parts, ", "));
    }
    case Kind::map: {
      std::vector<std::string> parts;
      shape.ops->each(value, [&](const std::string& key, const void* inner) {
        if (parts.size() < most_told) parts.push_back(fmt::format("{}={}", key, shown(*shape.element, inner)));
      });
      return fmt::format("{{{}}}", fmt::join(parts, ", "));
    }
  }
  return {};
}

std::string number(double value) {
  return value == static_cast<double>(static_cast<std::int64_t>(value)) ? fmt::format("{}", static_cast<std::int64_t>(value))
                                                                          : fmt::format("{}", value);
}

// What a shape itself (not what is in it) can demand, each in AWS's words.
std::string_view measured(const Shape& shape) { return shape.kind == Kind::integer || shape.kind == Kind::real ? "value" : "length"; }
std::string at_most(const Shape& shape) {
  return fmt::format("Member must have {} less than or equal to {}", measured(shape), number(*shape.maximum));
}
std::string at_least(const Shape& shape) {
  return fmt::format("Member must have {} greater than or equal to {}", measured(shape), number(*shape.minimum));
}
std::string one_of(const Shape& shape) { return fmt::format("Member must satisfy enum value set: [{}]", fmt::join(shape.values, ", ")); }
std::string like(const Shape& shape) { return fmt::format("Member must satisfy regular expression pattern: {}", shape.pattern); }

std::vector<std::string> constraints_of(const Shape& shape) {
  std::vector<std::string> all;
  if (shape.maximum) all.push_back(at_most(shape));
  if (shape.minimum) all.push_back(at_least(shape));
  if (!shape.values.empty()) all.push_back(one_of(shape));
  if (!shape.pattern.empty()) all.push_back(like(shape));
  return all;
}

bool matches_pattern(const Shape& shape, const std::string& text) {
  const re2::RE2* expression = compiled(shape.pattern);
  return !expression->ok() || re2::RE2::FullMatch(text, *expression);
}

double measure(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::string: return static_cast<double>(characters(*static_cast<const std::string*>(value)));
    case Kind::integer: return static_cast<double>(*static_cast<const std::int64_t*>(value));
    case Kind::real: return *static_cast<const double*>(value);
    case Kind::blob: return static_cast<double>(static_cast<const Bytes*>(value)->data.size());
    case Kind::list:
    case Kind::map: return static_cast<double>(shape.ops->size(value));
    default: return 0;
  }
}

// Those of a shape's constraints that the value breaks.
std::vector<std::string> broken(const Shape& shape, const void* value) {
  std::vector<std::string> found;
  if (shape.minimum || shape.maximum) {
    double size = measure(shape, value);
    if (shape.maximum && size > *shape.maximum) found.push_back(at_most(shape));
    if (shape.minimum && size < *shape.minimum) found.push_back(at_least(shape));
  }
  if (shape.kind != Kind::string) return found;
  const auto& text = *static_cast<const std::string*>(value);
  if (!shape.values.empty() && std::find(shape.values.begin(), shape.values.end(), text) == shape.values.end()) found.push_back(one_of(shape));
  if (!shape.pattern.empty() && !matches_pattern(shape, text)) found.push_back(like(shape));
  return found;
}

bool is_scalar(const Shape& shape) { return shape.kind != Kind::structure && shape.kind != Kind::list && shape.kind != Kind::map; }

void check(const Shape& shape, const void* value, const Path& path, Violations& violations);

void check_list(const Shape& shape, const void* value, const Path& path, Violations& violations) {
  for (std::size_t i = 0; i < shape.ops->size(value); ++i) {
    const void* element = shape.ops->at(value, i);
    if (!is_scalar(*shape.element)) {
      Path index{&path, {}, i + 1, {}};
      check(*shape.element, element, index, violations);
    } else if (!broken(*shape.element, element).empty()) {
      violations.add(shown(shape, value), path,
                     fmt::format("Member must satisfy constraint: [{}]", fmt::join(constraints_of(*shape.element), ", ")));
      return;  // AWS tells it once for the whole list
    }
  }
}

void check_map(const Shape& shape, const void* value, const Path& path, Violations& violations) {
  bool keys_told = false, values_told = false;
  shape.ops->each(value, [&](const std::string& key, const void* inner) {
    if (!keys_told && !broken(*shape.key, &key).empty()) {
      keys_told = true;
      violations.add(shown(shape, value), path,
                     fmt::format("Map keys must satisfy constraint: [{}]", fmt::join(constraints_of(*shape.key), ", ")));
    }
    if (!is_scalar(*shape.element)) {
      Path entry{&path, {}, 0, key};
      check(*shape.element, inner, entry, violations);
    } else if (!values_told && !broken(*shape.element, inner).empty()) {
      values_told = true;
      violations.add(shown(shape, value), path,
                     fmt::format("Map value must satisfy constraint: [{}]", fmt::join(constraints_of(*shape.element), ", ")));
    }
  });
}

void check(const Shape& shape, const void* value, const Path& path, Violations& violations) {
  for (const std::string& constraint : broken(shape, value)) violations.add(shown(shape, value), path, constraint);
  if (shape.kind == Kind::list) check_list(shape, value, path, violations);
  if (shape.kind == Kind::map) check_map(shape, value, path, violations);
  if (shape.kind != Kind::structure) return;
  for (const Field& field : shape.fields) {
    if (field.shape->streaming) continue;
    const void* member = get(field, value);
    Path here{&path, field.name, 0, {}};
    if (member == nullptr || (!field.optional && violations.is_missing(here))) continue;
    check(*field.shape, member, here, violations);
  }
}

}  // namespace

std::string Path::str() const {
  std::string before = outer != nullptr ? outer->str() : std::string{};
  auto join = [&](const std::string& part) { return before.empty() ? part : before + "." + part; };
  if (!member.empty()) return join(lower_first(member));
  if (index > 0) return join(fmt::format("{}.member", index));
  if (!key.empty()) return join(fmt::format("{}.member", key));
  return before;
}

std::string Path::query_name() const {
  std::string name = outer != nullptr ? outer->query_name() : std::string{};
  if (!name.empty()) name += '.';
  if (index > 0) return name + fmt::format("member.{}", index);
  return name.append(member.empty() ? key : member);
}

void Violations::add(const std::string& value, const Path& path, const std::string& constraint) {
  constexpr std::size_t longest = 1024;
  if (found_.size() >= most_told) return;
  found_.push_back(fmt::format("Value '{}' at '{}' failed to satisfy constraint: {}",
                               value.size() > longest ? to_valid_utf8(value.substr(0, longest)) + "..." : value, path.str(), constraint));
}

void Violations::missing(const Path& path) {
  if (found_.size() >= most_told) return;
  missing_.insert(path.str());
  if (first_missing_.empty()) first_missing_ = path.query_name();
  found_.push_back(fmt::format("Value null at '{}' failed to satisfy constraint: Member must not be null", path.str()));
}

Outcome<void> Violations::result() const {
  if (found_.empty()) return {};
  return validation("{} validation error{} detected: {}", found_.size(), found_.size() == 1 ? "" : "s", fmt::join(found_, "; "));
}

void validate(const Shape& shape, const void* value, Violations& violations) { check(shape, value, Path{}, violations); }

}  // namespace clary::wire
