#include "server/console.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <boost/json.hpp>

#include "auth/console_key.hpp"
#include "auth/digest.hpp"
#include "base/bytes.hpp"
#include "base/rng.hpp"

namespace clary::server {

namespace json = boost::json;

namespace {

constexpr std::string_view root = "/-/console/";
constexpr std::size_t most_links = 100;
constexpr std::size_t largest_body = 4096;
constexpr std::int64_t session_seconds = 12 * 3600;

// Nothing but what this server sends runs or is loaded; pictures of objects are shown from memory (blob:).
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

http::Response console_answer(unsigned status, const json::object& value) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.body = json::serialize(value) + "\n";
  return response;
}

http::Response console_problem(unsigned status, std::string_view message) { return console_answer(status, {{"message", message}}); }

bool is_address(std::string_view host) {
  std::string text(host);
  in6_addr address{};
  if (text.starts_with('[') && text.ends_with(']')) return inet_pton(AF_INET6, text.substr(1, text.size() - 2).c_str(), &address) == 1;
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

}  // namespace

std::string ConsoleLinks::make(Time now) {
  std::string token = to_hex(random_bytes(32));
  std::lock_guard lock(mutex_);
  std::erase_if(until_, [now](const auto& link) { return link.second <= now; });
  if (until_.size() >= most_links) {
    until_.erase(std::min_element(until_.begin(), until_.end(), [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
  until_[auth::sha256(token)] = Time{now.micros + std::chrono::microseconds(link_lifetime).count()};
  return token;
}

bool ConsoleLinks::take(std::string_view token, Time now) {
  std::lock_guard lock(mutex_);
  auto found = until_.find(auth::sha256(token));
  if (found == until_.end()) return false;
  bool good = now < found->second;
  until_.erase(found);
  return good;
}

bool is_own_host(std::string_view host, const std::vector<std::string>& names) {
  auto colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) host = host.substr(0, colon);
  if (is_address(host) || http::equal_ignoring_case(host, "localhost")) return true;
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return http::equal_ignoring_case(host, name); });
}

http::Response Console::make_link() {
  if (files_.empty()) return console_problem(404, "this clary was built without the console");
  return console_answer(200, {{"token", links_.make(clock_.now())}});
}

// A page of another site can neither send this (its Origin differs, and JSON would need a preflight that nothing answers) nor read the answer.
http::Response Console::sign_in(const http::Request& request, std::string_view body) {
  if (request.method != "POST") return console_problem(405, "sign in by POST");
  std::string host(request.host());
  if (!is_own_host(host, names_)) return console_problem(403, "this server is not known by the name in the address; use its IP address, or a key pair");
  std::string_view origin = request.headers.get("origin");
  if (origin != "http://" + host && origin != "https://" + host) return console_problem(403, "sign in from the console's own page");
  if (!request.headers.get("content-type").starts_with("application/json")) return console_problem(415, "the body is JSON");
  json::error_code code;
  json::value asked = json::parse(body, code);
  const json::value* token = !code && asked.is_object() ? asked.as_object().if_contains("token") : nullptr;
  if (token == nullptr || !token->is_string()) return console_problem(400, "the body is a JSON object: {\"token\": \"...\"}");
  if (!links_.take(std::string_view(token->as_string()), clock_.now()))
    return console_problem(403, "This link was used before or is older than ten minutes. `clary console` prints a new one.");
  const auto& installation = keys_.installation();
  auth::Credentials issued = keys_.issue(installation.role_arn, std::string(auth::console_session), session_seconds);
  return console_answer(200, {{"AccessKeyId", issued.access_key},
                      {"SecretAccessKey", issued.secret_key},
                      {"SessionToken", issued.session_token},
                      {"Expiration", to_iso8601(issued.expiration)},
                      {"Region", region_}});
}

http::Response Console::answer_file(const http::Request& request, std::string_view path) const {
  http::Response response;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("X-Content-Type-Options", "nosniff");
  if (request.method != "GET" && request.method != "HEAD") {
    response.status = 405;
    return response;
  }
  const ConsoleFile* file = files_.find(path);
  // Every address of a page is the same document; its script reads the address.
  if (file == nullptr && !path.starts_with("assets/")) file = files_.find("index.html");
  if (file == nullptr) {
    response.status = 404;
    response.body = files_.empty() ? "This clary was built without the console.\n" : "There is nothing here.\n";
    return response;
  }
  response.headers.set("Content-Type", file->content_type);
  response.headers.add("Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.add("ETag", file->etag);
  response.headers.add("Content-Security-Policy", std::string(content_policy));
  response.headers.add("Referrer-Policy", "no-referrer");
  response.headers.add("Cross-Origin-Opener-Policy", "same-origin");
  if (request.headers.get("if-none-match") == file->etag) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Encoding", "gzip");
  response.body = std::string(file->gzip);
  return response;
}

std::optional<http::Route> Console::route(const http::Request& request) {
  if (request.path == "/-/console") {
    http::Response moved;
    moved.status = 308;
    moved.headers.add("Location", std::string(root));
    return moved;
  }
  if (!request.path.starts_with(root)) return std::nullopt;
  std::string_view path = std::string_view(request.path).substr(root.size());
  if (path != "sign-in") return answer_file(request, path);
  http::Blocking blocking;
  blocking.limit = largest_body;
  blocking.handle = [this](http::Request& req, http::BodyReader& reader) {
    auto body = http::read_all(reader, largest_body);
    return body ? sign_in(req, *body) : console_problem(400, body.error().message);
  };
  return blocking;
}

}  // namespace clary::server
