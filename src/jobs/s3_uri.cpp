#include "jobs/s3_uri.hpp"

namespace clary::jobs {

Outcome<S3Uri> parse_s3_uri(std::string_view text) {
  constexpr std::string_view scheme = "s3://";
  std::string_view rest = text;
  if (!rest.starts_with(scheme)) return validation("\"{}\" is not an S3 URI", text.substr(0, 200));
  rest.remove_prefix(scheme.size());
  auto slash = rest.find('/');
  S3Uri uri{std::string(rest.substr(0, slash)),
            slash == std::string_view::npos ? "" : std::string(rest.substr(slash + 1))};
  if (uri.bucket.empty() || uri.bucket.size() > 255)
    return validation("\"{}\" names no S3 bucket", text.substr(0, 200));
  if (uri.key.size() > 1024) return validation("an S3 key has at most 1024 bytes");
  return uri;
}

std::string join_key(std::string_view prefix, std::string_view name) {
  std::string key(prefix);
  if (!key.empty() && !key.ends_with('/')) key += '/';
  return key.append(name);
}

}  // namespace clary::jobs
