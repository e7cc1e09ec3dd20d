// What a POST policy demands of the form that carries it.
#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <set>

#include "auth/canonical.hpp"
#include "auth/errors.hpp"
#include "auth/post_form.hpp"
#include "base/bytes.hpp"

namespace clary::auth {

namespace json = boost::json;

namespace {

constexpr std::size_t max_policy = 20 * 1024;  // S3 bounds a form's fields by 20 KB

Error invalid_policy(std::string_view why) {
  return aws_error(ErrorKind::validation, "InvalidPolicyDocument", "Invalid Policy: {}", why);
}

Error failed(std::string_view why) {
  return refused(fmt::format("Invalid according to Policy: {}", why));
}

std::optional<std::string> text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.as_string());
  return std::nullopt;
}

// A size, as a number or (as some clients write it) as text.
std::optional<std::uint64_t> size_of(const json::value& value) {
  std::uint64_t size = 0;
  if (value.is_int64() && value.as_int64() >= 0) return static_cast<std::uint64_t>(value.as_int64());
  if (value.is_uint64()) return value.as_uint64();
  if (!value.is_string()) return std::nullopt;
  std::string_view text = value.as_string();
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), size);
  return code == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(size) : std::nullopt;
}

// {"acl": "private"}: each member is a condition of equality.
Outcome<void> read_object(const json::object& object, PostPolicy& policy) {
  for (const auto& member : object) {
    auto value = text_of(member.value());
    if (!value) return invalid_policy("Invalid Simple-Condition: value must be a string.");
    policy.conditions.push_back({PolicyCondition::Kind::equals, to_lower(member.key()), *std::move(value)});
  }
  return {};
}

// ["eq", "$key", "x"], ["starts-with", "$key", "x"], ["content-length-range", 1, 100]
Outcome<void> read_array(const json::array& array, PostPolicy& policy) {
  const std::string kind = array.empty() ? std::string() : to_lower(text_of(array[0]).value_or(""));
  if (array.size() != 3) return invalid_policy("Invalid Condition: a condition has three parts.");
  if (kind == "content-length-range") {
    auto low = size_of(array[1]), high = size_of(array[2]);
    if (!low || !high) return invalid_policy("Invalid content-length-range: the sizes must be whole numbers.");
    auto before = policy.length.value_or(std::pair<std::uint64_t, std::uint64_t>{0, UINT64_MAX});
    policy.length = {std::max(before.first, *low), std::min(before.second, *high)};
    return {};
  }
  auto field = text_of(array[1]), value = text_of(array[2]);
  if (!field || !value || field->size() < 2 || field->front() != '$')
    return invalid_policy("Invalid Condition: expecting a \"$field\".");
  if (kind != "eq" && kind != "starts-with") return invalid_policy("Invalid Condition: unknown operation.");
  policy.conditions.push_back({kind == "eq" ? PolicyCondition::Kind::equals : PolicyCondition::Kind::starts_with,
                               to_lower(std::string_view(*field).substr(1)), *std::move(value)});
  return {};
}

bool holds(const PolicyCondition& condition, std::string_view value) {
  return condition.kind == PolicyCondition::Kind::equals ? value == condition.value
                                                         : value.starts_with(condition.value);
}

std::string quoted(std::string_view text) {
  return json::serialize(json::value(json::string_view(text.data(), text.size())));
}

// These need no condition: they are the signature, or nothing looks at them.
bool is_free(std::string_view field) {
  constexpr std::array<std::string_view, 5> names{"x-amz-signature", "signature", "file", "policy", "awsaccesskeyid"};
  return std::find(names.begin(), names.end(), field) != names.end() || field.starts_with("x-ignore-");
}

}  // namespace

Outcome<PostPolicy> parse_policy(std::string_view text) {
  if (text.size() > max_policy) return invalid_policy("It is too long.");
  auto decoded = from_base64(text);
  if (!decoded) return invalid_policy("Invalid base64.");
  boost::system::error_code code;
  json::value document = json::parse(*decoded, code);
  if (code || !document.is_object()) return invalid_policy("Invalid JSON.");

  PostPolicy policy;
  const json::value* expiration = document.as_object().if_contains("expiration");
  const json::value* conditions = document.as_object().if_contains("conditions");
  if (expiration == nullptr || !expiration->is_string()) return invalid_policy("Policy missing expiration.");
  if (conditions == nullptr || !conditions->is_array()) return invalid_policy("Policy missing conditions.");
  auto time = parse_iso8601(*text_of(*expiration));
  if (!time) return invalid_policy("Invalid expiration: expecting a date like 2026-11-24T20:38:20.000Z.");
  policy.expiration = *time;
  for (const json::value& condition : conditions->as_array()) {
    if (condition.is_object()) {
      CHECK_OK(read_object(condition.as_object(), policy));
    } else if (condition.is_array()) {
      CHECK_OK(read_array(condition.as_array(), policy));
    } else {
      return invalid_policy("Invalid Condition: expecting an object or an array.");
    }
  }
  return policy;
}

Outcome<void> check(const PostPolicy& policy, const FormFields& fields, std::optional<std::uint64_t> size,
                    const Clock& clock) {
  if (clock.now() >= policy.expiration) return failed("Policy expired.");
  std::set<std::string, std::less<>> covered;
  for (const PolicyCondition& condition : policy.conditions) {
    auto at = fields.find(condition.field);
    covered.insert(condition.field);
    if (holds(condition, at == fields.end() ? std::string_view() : std::string_view(at->second))) continue;
    return failed(fmt::format("Policy Condition failed: [\"{}\", {}, {}]",
                              condition.kind == PolicyCondition::Kind::equals ? "eq" : "starts-with",
                              quoted("$" + condition.field), quoted(condition.value)));
  }
  std::string extra;
  for (const auto& [name, value] : fields) {
    const std::string field = to_lower(name);
    if (!is_free(field) && !covered.contains(field)) extra.append(extra.empty() ? "" : ", ").append(field);
  }
  if (!extra.empty()) return failed(fmt::format("Extra input fields: {}", extra));
  return size ? check_length(policy, *size) : Outcome<void>();
}

Outcome<void> check_length(const PostPolicy& policy, std::uint64_t size) {
  if (!policy.length) return {};
  auto [low, high] = *policy.length;
  if (size > high)
    return aws_error(ErrorKind::validation, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        .with("ProposedSize", std::to_string(size))
        .with("MaxSizeAllowed", std::to_string(high));
  if (size < low)
    return aws_error(ErrorKind::validation, "EntityTooSmall",
                     "Your proposed upload is smaller than the minimum allowed size")
        .with("ProposedSize", std::to_string(size))
        .with("MinSizeAllowed", std::to_string(low));
  return {};
}

}  // namespace clary::auth
