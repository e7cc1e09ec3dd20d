#include <algorithm>

#include "auth/canonical.hpp"
#include "auth/digest.hpp"
#include "auth/signature.hpp"
#include "base/bytes.hpp"

namespace clary::auth {

std::vector<std::pair<std::string, std::string>> sign(const SignedMessage& message, std::string_view body,
                                                      const Credentials& credentials, const std::string& region,
                                                      const std::string& service, Time now) {
  const std::string date = to_basic_iso8601(now), hash = sha256_hex(body);
  std::vector<std::pair<std::string, std::string>> added{{"x-amz-date", date}, {"x-amz-content-sha256", hash}};
  if (!credentials.session_token.empty()) added.emplace_back("x-amz-security-token", credentials.session_token);

  SignedMessage whole = message;
  for (const auto& [name, value] : added) whole.headers.emplace_back(name, value);
  std::vector<std::string> names;
  for (const auto& [name, value] : whole.headers) {
    std::string lowered = to_lower(name);
    // What a proxy may change or drop on the way is left unsigned, as the SDKs do.
    if (lowered == "host" || lowered == "content-type" || lowered == "content-md5" || lowered == "range" ||
        lowered.starts_with("x-amz-"))
      names.push_back(std::move(lowered));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());

  const bool s3 = service == "s3";
  const std::string path = canonical_path(message.path, s3).value_or(std::string(message.path));
  const std::string query = canonical_query(message.query, "").value_or(std::string(message.query));
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", date.substr(0, 8), region, service);
  const std::string text = string_to_sign(date, scope, canonical_request(whole, path, query, names, hash));
  const std::string key = derive_signing_key(credentials.secret_key, date.substr(0, 8), region, service);
  added.emplace_back("Authorization",
                     fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                                 credentials.access_key, scope, fmt::join(names, ";"), to_hex(hmac_sha256(key, text))));
  return added;
}

}  // namespace clary::auth
