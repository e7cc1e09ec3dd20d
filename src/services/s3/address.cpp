#include "services/s3/address.hpp"

#include <algorithm>
#include <cctype>

#include "base/bytes.hpp"

namespace clary::services::s3 {

namespace {

Error invalid_uri() {
  return aws_error(ErrorKind::validation, "InvalidURI", "Couldn't parse the specified URI.");
}

Outcome<std::string> decode(std::string_view text) {
  auto decoded = uri_decode(text);
  if (!decoded || !is_valid_utf8(*decoded)) return invalid_uri();
  return *std::move(decoded);
}

// "s3", "s3.us-east-1", "s3.dualstack.us-east-1", "s3-us-west-2"
bool is_service_label(std::string_view rest) {
  return rest == "s3" || rest.starts_with("s3.") || rest.starts_with("s3-");
}

std::string_view before_service(std::string_view host) {
  if (is_service_label(host)) return {};
  for (std::size_t at = host.rfind('.'); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : host.rfind('.', at - 1)) {
    if (is_service_label(host.substr(at + 1))) return host.substr(0, at);
  }
  return {};
}

bool looks_like_an_address(std::string_view name) {
  return std::ranges::count(name, '.') == 3 && name.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

std::string_view bucket_of_host(std::string_view host) {
  host = host.substr(0, host.find(':'));
  for (std::string_view suffix : {".amazonaws.com", ".amazonaws.com.cn"}) {
    if (host.ends_with(suffix)) return before_service(host.substr(0, host.size() - suffix.size()));
  }
  constexpr std::string_view local = ".localhost";
  if (!host.ends_with(local)) return {};
  host.remove_suffix(local.size());
  const std::string_view bucket = before_service(host);
  return bucket.empty() && !is_service_label(host) ? host : bucket;
}

Outcome<Target> read_target(const http::Request& request) {
  std::string_view path = request.path;
  if (path.starts_with('/')) path.remove_prefix(1);
  Target target;
  if (std::string_view bucket = bucket_of_host(request.host()); !bucket.empty()) {
    target.bucket = bucket;
    TRY(target.key, decode(path));
    return target;
  }
  const auto slash = path.find('/');
  TRY(target.bucket, decode(path.substr(0, slash)));
  if (slash != std::string_view::npos) {
    TRY(target.key, decode(path.substr(slash + 1)));
  }
  return target;
}

Outcome<CopySourceAddress> read_copy_source(std::string_view header) {
  CopySourceAddress source;
  constexpr std::string_view version = "?versionId=";
  if (auto at = header.find(version); at != std::string_view::npos) {
    source.version = header.substr(at + version.size());
    header = header.substr(0, at);
  }
  auto decoded = uri_decode(header);
  auto invalid = [] {
    return aws_error(ErrorKind::validation, "InvalidArgument", "Invalid copy source object key")
        .with("ArgumentName", "x-amz-copy-source")
        .with("ArgumentValue", "x-amz-copy-source");
  };
  if (!decoded || !is_valid_utf8(*decoded)) return invalid();
  std::string_view path = *decoded;
  if (path.starts_with('/')) path.remove_prefix(1);
  const auto slash = path.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == path.size()) return invalid();
  source.bucket = path.substr(0, slash);
  source.key = path.substr(slash + 1);
  return source;
}

bool is_bucket_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63 || looks_like_an_address(name)) return false;
  auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (!plain(name.front()) || !plain(name.back()) || name.find("..") != std::string_view::npos) return false;
  if (!std::ranges::all_of(name, [&](char c) { return plain(c) || c == '.' || c == '-'; })) return false;
  for (std::string_view reserved : {"xn--", "sthree-", "amzn-s3-demo-"}) {
    if (name.starts_with(reserved)) return false;
  }
  for (std::string_view reserved : {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}) {
    if (name.ends_with(reserved)) return false;
  }
  return true;
}

}  // namespace clary::services::s3
