#include "auth/canonical.hpp"

#include <algorithm>

#include "auth/digest.hpp"
#include "base/bytes.hpp"

namespace clary::auth {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// Value without blanks around it, each run of blanks inside it one space.
void append_squeezed(std::string& out, std::string_view value) {
  value = trimmed(value);
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!is_blank(value[i])) {
      out += value[i];
    } else if (!is_blank(value[i - 1])) {
      out += ' ';
    }
  }
}

// As RFC 3986 removes dot segments, and empty ones too, as AWS's services do (but S3).
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  std::string_view rest = path;
  while (!rest.empty()) {
    std::size_t end = std::min(rest.find('/'), rest.size());
    std::string_view segment = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string normal = "/";
  for (std::string_view segment : kept) {
    if (normal.size() > 1) normal += '/';
    normal += segment;
  }
  if (!kept.empty() && path.ends_with('/')) normal += '/';
  return normal;
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
  return lowered;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> header(const SignedMessage& message, std::string_view name) {
  for (const auto& [field, value] : message.headers) {
    if (equal_without_case(field, name)) return value;
  }
  return std::nullopt;
}

void for_each_parameter(std::string_view query, const std::function<void(std::string_view, std::string_view)>& visit) {
  while (!query.empty()) {
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    std::size_t equals = std::min(pair.find('='), pair.size());
    visit(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
  }
}

std::optional<std::string> canonical_path(std::string_view path, bool s3) {
  if (path == "/") return "/";
  if (!s3) return uri_encode(without_dot_segments(path), true);
  auto decoded = uri_decode(path);
  if (!decoded) return std::nullopt;
  if (decoded->empty()) return "/";
  return uri_encode(*decoded, true);
}

std::optional<std::string> canonical_query(std::string_view query, std::string_view except) {
  std::vector<std::pair<std::string, std::string>> parameters;
  bool broken = false;
  for_each_parameter(query, [&](std::string_view name, std::string_view value) {
    if (name == except) return;
    auto decoded_name = uri_decode(name, true), decoded_value = uri_decode(value, true);
    broken = broken || !decoded_name || !decoded_value;
    if (!broken) parameters.emplace_back(uri_encode(*decoded_name), uri_encode(*decoded_value));
  });
  if (broken) return std::nullopt;
  std::sort(parameters.begin(), parameters.end());
  std::string canonical;
  canonical.reserve(query.size() + parameters.size());
  for (const auto& [name, value] : parameters) {
    if (!canonical.empty()) canonical += '&';
    canonical.append(name).append(1, '=').append(value);
  }
  return canonical;
}

void append_canonical_headers(std::string& out, const SignedMessage& message,
                              const std::vector<std::string>& signed_headers) {
  for (const std::string& name : signed_headers) {
    out.append(name).append(1, ':');
    bool first = true;
    for (const auto& [field, value] : message.headers) {
      if (!equal_without_case(field, name)) continue;
      if (!first) out += ',';
      append_squeezed(out, value);
      first = false;
    }
    out += '\n';
  }
}

std::string canonical_request(const SignedMessage& message, std::string_view path, std::string_view query,
                              const std::vector<std::string>& signed_headers, std::string_view payload_hash) {
  std::string request;
  request.reserve(512 + path.size() + query.size());
  request.append(message.method).append(1, '\n').append(path).append(1, '\n').append(query).append(1, '\n');
  append_canonical_headers(request, message, signed_headers);
  for (char separator = '\n'; const std::string& name : signed_headers) {
    request.append(1, separator).append(name);
    separator = ';';
  }
  request.append(1, '\n').append(payload_hash);
  return request;
}

std::string string_to_sign(std::string_view date, std::string_view credential_scope, std::string_view canonical) {
  std::string text = "AWS4-HMAC-SHA256\n";
  text.reserve(192);
  text.append(date).append(1, '\n').append(credential_scope).append(1, '\n').append(sha256_hex(canonical));
  return text;
}

std::string derive_signing_key(std::string_view secret_key, std::string_view date, std::string_view region,
                               std::string_view service) {
  std::string key = hmac_sha256("AWS4" + std::string(secret_key), date);
  key = hmac_sha256(key, region);
  key = hmac_sha256(key, service);
  return hmac_sha256(key, "aws4_request");
}

std::string sha256_hex(std::string_view data) {
  return to_hex(sha256(data));
}

}  // namespace clary::auth
