#include "jobs/manifest.hpp"

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <optional>
#include <unordered_set>

#include "io/archive.hpp"

namespace clary::jobs {

namespace {

namespace json = boost::json;

constexpr std::string_view wrong_start = "the manifest's first element is not {\"prefix\": \"s3://...\"}";

Outcome<void> check_name(std::string_view name) {
  auto parts = io::safe_parts(name);
  if (!parts) return validation("the manifest's entry \"{}\": {}", name.substr(0, 200), parts.error().message);
  if (parts->empty()) return validation("the manifest has an empty entry");
  return {};
}

// Boost.JSON's events of a manifest's text: an array of one object and then strings. Any event may end the parse with
// `error`.
class ManifestEvents {
 public:
  static constexpr std::size_t max_object_size = 100;
  static constexpr std::size_t max_array_size = most_manifest_entries + 1;
  static constexpr std::size_t max_key_size = 1024;
  static constexpr std::size_t max_string_size = 4096;

  std::string prefix;
  std::vector<std::string> names;
  std::optional<Error> error;

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_array_begin(json::error_code& code) {
    if (depth_++ == 0) return true;
    return fail(code, inside_first() ? Error(validation("{}", wrong_start)) : not_a_string());
  }
  bool on_array_end(std::size_t, json::error_code& code) {
    --depth_;
    return elements_ > 0 || fail(code, validation("{}", wrong_start));
  }
  bool on_object_begin(json::error_code& code) {
    if (depth_ == 0) return fail(code, validation("the manifest is not a JSON array"));
    if (depth_ > 1) return fail(code, validation("{}", wrong_start));
    if (elements_ > 0) return fail(code, not_a_string());
    ++depth_;
    return true;
  }
  bool on_object_end(std::size_t, json::error_code& code) {
    --depth_;
    ++elements_;
    return !prefix.empty() || fail(code, validation("{}", wrong_start));
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view rest, std::size_t, json::error_code&) {
    key_ = take(rest);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view rest, std::size_t, json::error_code& code) {
    std::string text = take(rest);
    if (depth_ == 2) {
      if (key_ == "prefix") prefix = std::move(text);
      return true;
    }
    if (depth_ == 0) return fail(code, validation("the manifest is not a JSON array"));
    if (elements_ == 0) return fail(code, validation("{}", wrong_start));
    ++elements_;
    names.push_back(std::move(text));
    return true;
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code& code) { return other(code); }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code& code) { return other(code); }
  bool on_double(double, json::string_view, json::error_code& code) { return other(code); }
  bool on_bool(bool, json::error_code& code) { return other(code); }
  bool on_null(json::error_code& code) { return other(code); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  std::string take(json::string_view rest) {
    text_.append(rest.data(), rest.size());
    return std::exchange(text_, {});
  }
  bool inside_first() const { return elements_ == 0; }
  Error not_a_string() const { return validation("element {} of the manifest is not a string", elements_); }
  bool other(json::error_code& code) {
    if (depth_ == 0) return fail(code, validation("the manifest is not a JSON array"));
    if (inside_first()) return fail(code, validation("{}", wrong_start));
    return fail(code, not_a_string());
  }
  bool fail(json::error_code& code, Error why) {
    error = std::move(why);
    code = json::make_error_code(json::error::syntax);
    return false;
  }

  std::size_t depth_ = 0, elements_ = 0;
  std::string text_, key_;
};

Outcome<std::vector<std::string>> without_repeats(std::vector<std::string> names) {
  std::unordered_set<std::string_view> seen;
  std::vector<std::string> once;
  once.reserve(names.size());
  for (auto& name : names) {
    if (!seen.contains(name)) {
      once.push_back(std::move(name));
      // `once` never grows beyond what it has reserved: its strings stay where they are.
      seen.insert(once.back());
    }
  }
  return once;
}

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

Outcome<Manifest> parse_manifest(std::string_view text) {
  if (text.size() > longest_manifest) return validation("the manifest is larger than {} bytes", longest_manifest);
  json::parse_options options;
  options.max_depth = 8;
  json::basic_parser<ManifestEvents> parser(options);
  json::error_code code;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), code);
  ManifestEvents& events = parser.handler();
  if (events.error) return *std::move(events.error);
  if (code == json::error::array_too_large)
    return validation("the manifest has more than {} entries", most_manifest_entries);
  if (code || used != text.size()) return validation("the manifest is not a JSON array ({})", code.message());

  Manifest manifest;
  TRY(manifest.prefix, parse_s3_uri(events.prefix));
  TRY(manifest.names, without_repeats(std::move(events.names)));
  for (std::size_t i = 0; i < manifest.names.size(); ++i) {
    CHECK_OK(check_name(manifest.names[i]));
    if (manifest.prefix.key.size() + manifest.names[i].size() > 1024)
      return validation("element {} of the manifest makes a key over 1024 bytes", i + 1);
  }
  return manifest;
}

Outcome<std::vector<std::string_view>> manifest_lines(std::string_view text) {
  if (text.size() > longest_manifest) return validation("the manifest is larger than {} bytes", longest_manifest);
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (blank(line)) continue;
    if (lines.size() == most_manifest_entries)
      return validation("the manifest has more than {} lines", most_manifest_entries);
    lines.push_back(line);
  }
  return lines;
}

Outcome<AugmentedLine> parse_augmented_line(std::string_view line, const std::vector<std::string>& attributes) {
  boost::system::error_code code;
  json::parse_options options;
  options.max_depth = 32;
  const auto value = json::parse(json::string_view(line.data(), line.size()), code, {}, options);
  if (code || !value.is_object()) return validation("it is not a JSON object");
  AugmentedLine parsed;
  json::object kept;
  for (const auto& name : attributes) {
    const auto* attribute = value.get_object().if_contains(name);
    if (attribute == nullptr) return validation("it lacks the attribute \"{}\"", name);
    kept[name] = *attribute;
    if (!name.ends_with("-ref")) continue;
    if (!attribute->is_string()) return validation("its \"{}\" is not a string", name);
    TRY(S3Uri uri, parse_s3_uri(std::string_view(attribute->get_string())));
    auto parts = io::safe_parts(uri.key);
    if (!parts) return validation("its \"{}\": {}", name, parts.error().message);
    if (parts->empty() || uri.key.ends_with('/')) return validation("its \"{}\" names no object", name);
    parsed.objects.push_back(std::move(uri));
  }
  parsed.text = json::serialize(kept);
  return parsed;
}

}  // namespace clary::jobs
