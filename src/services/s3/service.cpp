#include "services/s3/service.hpp"

#include <set>

#include "auth/canonical.hpp"
#include "auth/digest.hpp"
#include "auth/errors.hpp"
#include "base/bytes.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "services/s3/bindings.hpp"
#include "services/s3/call.hpp"
#include "services/s3/cors.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/operations.hpp"
#include "services/s3/post_object.hpp"

namespace clary::services::s3 {

namespace {

metrics::Counter requests_{"clary_s3_requests_total", "Requests to S3."};
metrics::Counter failures_{"clary_s3_errors_total", "Requests to S3 that ended in an error."};

// A body of at most so much is there before the handler takes a thread.
constexpr std::size_t buffered_body = 64 * 1024;

auth::SignedMessage to_message(const http::Request& request) {
  auth::SignedMessage message{.method = request.method, .path = request.path, .query = request.query, .headers = {}};
  message.headers.reserve(request.headers.size());
  for (const auto& [name, value] : request.headers) message.headers.emplace_back(name, value);
  return message;
}

Outcome<auth::Verified> verify(const auth::Verifier& verifier, const http::Request& request) {
  const auth::SignedMessage message = to_message(request);
  auto claim = auth::read_claim(message);
  if (!claim) return auth::as_named_by("s3", std::move(claim).error());
  if (claim->scheme == auth::Scheme::none) return auth::as_named_by("s3", auth::missing_token());
  auto verified = verifier.verify(message, *claim, {});
  if (!verified) return auth::as_named_by("s3", std::move(verified).error());
  return verified;
}

// Clients that presign put headers into the query, where a browser can send them; a real header wins over its stand-in.
// What signs the request stays where it is.
void stand_in_headers(http::Request& request, const wire::Form& query) {
  static const std::set<std::string, std::less<>> of_signature{
      "x-amz-algorithm",     "x-amz-credential",     "x-amz-date",      "x-amz-expires",
      "x-amz-signedheaders", "x-amz-security-token", "x-amz-signature", "x-amz-content-sha256"};
  for (const auto& [name, value] : query) {
    const std::string header = auth::to_lower(name);
    if (header.starts_with("x-amz-") && !of_signature.contains(header) && !request.headers.has(header))
      request.headers.add(header, value);
  }
}

Outcome<void> check_owner(const Call& call) {
  const std::string_view owner = call.header("x-amz-expected-bucket-owner");
  if (owner.empty() || owner == call.scope.account) return {};
  if (owner.size() != 12 || owner.find_first_not_of("0123456789") != std::string_view::npos) {
    return aws_error(ErrorKind::validation, "InvalidBucketOwnerAWSAccountID",
                     "The value of the expected bucket owner parameter must be an AWS Account ID... [{}]", owner);
  }
  return access_denied();
}

// Objects are not versioned: "null" names the one version that there is.
Outcome<void> check_version(const Call& call) {
  auto version = call.query.find("versionId");
  if (version == call.query.end() || version->second == "null") return {};
  if (version->second.empty()) return invalid_argument("Version id cannot be the empty string", "versionId", "");
  return invalid_argument("Invalid version id specified", "versionId", version->second);
}

}  // namespace

std::string_view unquoted(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') return etag.substr(1, etag.size() - 2);
  return etag;
}

std::string canonical_id(std::string_view account) {
  return to_hex(auth::sha256("clary canonical user " + std::string(account)));
}

struct Service::State {
  Parts parts;
  const auth::Verifier& verifier;

  http::Response handle(http::Request& request, http::BodyReader& body);
  Outcome<http::Response> answer(http::Request& request, http::BodyReader& body);
};

Service::Service(Parts parts, const auth::Verifier& verifier) : state_(new State{parts, verifier}) {}
Service::~Service() = default;

http::Route Service::route(http::Request& request) {
  if (request.method == "OPTIONS") return preflight(request);
  http::Blocking blocking;
  blocking.buffer = request.content_length.value_or(request.has_body ? buffered_body + 1 : 0) <= buffered_body;
  blocking.limit = buffered_body;
  blocking.handle = [state = state_.get()](http::Request& asked, http::BodyReader& body) {
    return state->handle(asked, body);
  };
  return blocking;
}

http::Response Service::State::handle(http::Request& request, http::BodyReader& body) {
  log::RequestScope named(request.id);
  requests_.add();
  auto answered = answer(request, body);
  if (!answered) failures_.add();
  http::Response response = answered ? *std::move(answered) : error_response(request, answered.error());
  response.headers.set("x-amz-request-id", request.id);
  response.headers.add("x-amz-id-2", "clary");
  allow_origin(request, response);
  return response;
}

Outcome<http::Response> Service::State::answer(http::Request& request, http::BodyReader& body) {
  TRY(Target target, read_target(request));
  if (is_form(request, target) && !request.headers.has("authorization"))
    return post_object(parts, target, request, body);
  TRY(auth::Verified verified, verify(verifier, request));
  auto query = wire::read_form(request.query);
  if (!query) return aws_error(ErrorKind::validation, "InvalidURI", "Couldn't parse the specified URI.");
  if (!request.headers.has("authorization")) stand_in_headers(request, *query);
  Call call{Context{parts, verified.identity, verified.scope, request, nullptr}, target, *query, verified, body};
  const Rule* rule = find_rule(request, target, *query);
  if (rule == nullptr) {
    return aws_error(ErrorKind::validation, "MethodNotAllowed",
                     "The specified method is not allowed against this resource.")
        .with("Method", request.method)
        .with("ResourceType", target.bucket.empty() ? "SERVICE"
                              : target.key.empty()  ? "BUCKET"
                                                    : "OBJECT");
  }
  CHECK_OK(check_owner(call));
  CHECK_OK(check_version(call));
  if (Run run = find_handler(rule->operation)) return run(call);
  return answer_unserved(call, rule->operation);
}

}  // namespace clary::services::s3
