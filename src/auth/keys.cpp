#include <algorithm>
#include <boost/json.hpp>

#include "auth/console_key.hpp"
#include "auth/digest.hpp"
#include "auth/errors.hpp"
#include "auth/identity.hpp"
#include "base/arn.hpp"
#include "base/bytes.hpp"

namespace clary::auth {

namespace json = boost::json;

namespace {

constexpr std::size_t token_limit = 8192;
constexpr std::size_t tag_size = 32;
constexpr std::size_t key_id_size = 20;

// What a session token carries; nothing of it is secret, all of it is authenticated.
struct Session {
  std::string access_key, role_arn, session_name;
  std::int64_t expires = 0;  // Unix seconds
};

std::string to_token(std::string_view key, const Session& session) {
  std::string body = json::serialize(json::object{
      {"k", session.access_key}, {"r", session.role_arn}, {"s", session.session_name}, {"e", session.expires}});
  return to_base64(hmac_sha256(key, body) + body);
}

std::optional<Session> from_token(std::string_view key, std::string_view token) {
  if (token.size() > token_limit) return std::nullopt;
  auto raw = from_base64(token);
  if (!raw || raw->size() <= tag_size) return std::nullopt;
  std::string_view tag = std::string_view(*raw).substr(0, tag_size), body = std::string_view(*raw).substr(tag_size);
  if (!equal_in_constant_time(tag, hmac_sha256(key, body))) return std::nullopt;
  boost::system::error_code code;
  json::value document = json::parse(body, code);
  if (code || !document.is_object()) return std::nullopt;
  const json::object& fields = document.as_object();
  auto text = [&](const char* name) {
    const json::value* value = fields.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
  };
  const json::value* expires = fields.if_contains("e");
  if (expires == nullptr || !expires->is_int64()) return std::nullopt;
  return Session{text("k"), text("r"), text("s"), expires->as_int64()};
}

}  // namespace

std::string role_id(std::string_view role_arn) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string id = "AROA";
  for (unsigned char byte : sha256(role_arn).substr(0, 17)) id += alphabet[byte % alphabet.size()];
  return id;
}

Keys::Keys(Installation installation, const Clock& clock)
    : installation_(std::move(installation)),
      clock_(clock),
      token_key_(hmac_sha256(installation_.master_key, "clary session token")),
      secret_key_(hmac_sha256(installation_.master_key, "clary secret key")) {}

std::string Keys::secret_of(std::string_view access_key) const {
  return to_base64(hmac_sha256(secret_key_, access_key).substr(0, 30));  // 40 characters
}

Identity Keys::identity_of(std::string_view access_key, const std::string& role_arn,
                           const std::string& session_name) const {
  auto arn = parse_arn(role_arn);
  std::string account = arn && !arn->account.empty() ? arn->account : installation_.account;
  std::string_view role = role_arn;
  role.remove_prefix(role.rfind('/') + 1);  // no slash: npos + 1 is 0
  return Identity{account,
                  std::string(access_key),
                  fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", account, role, session_name),
                  role_id(role_arn) + ":" + session_name,
                  role_arn,
                  session_name,
                  false};
}

Credentials Keys::issue(const std::string& role_arn, const std::string& session_name, std::int64_t seconds) const {
  const std::int64_t lifetime = std::clamp<std::int64_t>(seconds, 900, 43200);
  const std::int64_t expires = clock_.now().micros / 1'000'000 + lifetime;
  std::string_view prefix = session_name == console_session ? console_key_prefix : "ASIA";
  Session session{random_key_id(prefix).substr(0, key_id_size), role_arn, session_name, expires};
  return {session.access_key, secret_of(session.access_key), to_token(token_key_, session), Time{expires * 1'000'000}};
}

Outcome<Keys::Found> Keys::find(std::string_view access_key, std::string_view session_token) const {
  if (access_key == installation_.access_key) {
    if (!session_token.empty()) return invalid_token();
    Identity identity = identity_of(access_key, installation_.role_arn, "clary");
    identity.root = true;
    return Found{installation_.secret_key, std::move(identity), {}};
  }
  if (!access_key.starts_with("ASIA") || session_token.empty()) return unknown_key(access_key);
  auto session = from_token(token_key_, session_token);
  if (!session || session->access_key != access_key) return invalid_token();
  if (clock_.now().micros / 1'000'000 >= session->expires) return expired_token();
  return Found{secret_of(access_key), identity_of(access_key, session->role_arn, session->session_name),
               Time{session->expires * 1'000'000}};
}

}  // namespace clary::auth
