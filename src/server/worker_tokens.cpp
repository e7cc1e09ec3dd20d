#include "server/worker_tokens.hpp"

#include <openssl/hmac.h>

#include <boost/json.hpp>

#include "base/bytes.hpp"
#include "io/file.hpp"

namespace clary::server {

namespace {

constexpr std::int64_t credential_seconds = 3600;  // SDKs refresh some minutes before the end

std::string mac_of(const auth::Installation& installation, std::string_view payload) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  std::string text = "clary worker token\n" + std::string(payload);
  HMAC(EVP_sha256(), installation.master_key.data(), static_cast<int>(installation.master_key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest), size));
}

http::Response as_json(unsigned status, const boost::json::object& body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = boost::json::serialize(body);
  return response;
}

}  // namespace

std::string make_worker_token(const auth::Installation& installation, const WorkerClaim& claim) {
  std::string payload = to_hex(boost::json::serialize(
      boost::json::object{{"worker", claim.worker_id}, {"role", claim.role_arn}, {"account", claim.scope.account}, {"region", claim.scope.region}}));
  return payload + "." + mac_of(installation, payload);
}

std::optional<WorkerClaim> read_worker_token(const auth::Installation& installation, std::string_view token) {
  auto dot = token.find('.');
  if (dot == std::string_view::npos || !equal_in_constant_time(mac_of(installation, token.substr(0, dot)), token.substr(dot + 1)))
    return std::nullopt;
  boost::json::error_code code;
  auto value = boost::json::parse(from_hex(token.substr(0, dot)).value_or(""), code);
  if (code) return std::nullopt;
  const auto& object = value.as_object();
  auto text = [&](const char* name) { return std::string(object.at(name).as_string()); };
  return WorkerClaim{text("worker"), text("role"), {text("account"), text("region")}};
}

http::Response answer_credentials(const auth::Keys& keys, const std::string& workers_folder, const http::Request& request) {
  std::string_view token = request.headers.get("Authorization");
  if (token.starts_with("Bearer ")) token.remove_prefix(7);
  auto claim = read_worker_token(keys.installation(), token);
  if (!claim || !io::exists(workers_folder + "/" + claim->worker_id)) {
    return as_json(401, {{"code", "Unauthorized"}, {"message", "The authorization token is not of a running worker."}});
  }
  auth::Credentials issued = keys.issue(claim->role_arn, claim->worker_id.substr(0, 64), credential_seconds);
  return as_json(200, {{"AccessKeyId", issued.access_key},
                      {"SecretAccessKey", issued.secret_key},
                      {"Token", issued.session_token},
                      {"Expiration", to_iso8601(issued.expiration)},
                      {"RoleArn", claim->role_arn}});
}

}  // namespace clary::server
