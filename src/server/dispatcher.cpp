#include "server/dispatcher.hpp"

#include "api/cloudwatch.hpp"
#include "api/iam.hpp"
#include "api/logs.hpp"
#include "api/sagemaker-metrics.hpp"
#include "api/sagemaker-runtime.hpp"
#include "api/sagemaker.hpp"
#include "api/sts.hpp"
#include "auth/errors.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/rng.hpp"
#include "io/gunzip.hpp"
#include "services/cloudwatch/handlers.hpp"
#include "services/codec.hpp"
#include "services/iam/handlers.hpp"
#include "services/logs/handlers.hpp"
#include "services/metrics/handlers.hpp"
#include "services/runtime/invoke.hpp"
#include "services/sagemaker/handlers.hpp"
#include "services/sts/handlers.hpp"

namespace clary::server {

struct Served {
  const wire::Service& service;
  const services::Bindings& bindings;
};

namespace {

metrics::Counter requests_{"clary_requests_total", "Requests that reached a service"};
metrics::Counter refused_{"clary_requests_refused_total", "Requests whose signature was missing or not believed"};

constexpr std::size_t largest_document = 16 * 1024 * 1024;

bool is_invocation(const http::Request& request) {
  return request.path.starts_with("/endpoints/") && !request.headers.has("x-amz-target");
}

bool is_metrics(const http::Request& request) {
  return (request.path.starts_with("/BatchPutMetrics") || request.path.starts_with("/BatchGetMetrics")) && !request.headers.has("x-amz-target");
}

// The services that answer documents. Runtime and metrics share SageMaker's scope and have no target; S3 goes its own way.
const Served* find_served(std::string_view scope, const http::Request& request) {
  static const Served metrics{api::sagemaker_metrics::service, services::metrics::bindings};
  if (scope == metrics.service.scope && is_metrics(request)) return &metrics;
  static const Served all[] = {{api::sagemaker::service, services::sagemaker::bindings},
                               {api::sts::service, services::sts::bindings},
                               {api::iam::service, services::iam::bindings},
                               {api::logs::service, services::logs::bindings},
                               {api::cloudwatch::service, services::cloudwatch::bindings}};
  for (const Served& served : all) {
    if (served.service.scope == scope) return &served;
  }
  return nullptr;
}

bool is_query(const http::Request& request) {
  return request.headers.get("content-type").starts_with("application/x-www-form-urlencoded") || request.query.starts_with("Action=");
}

// The service that an unsigned or unreadable request seems to mean, for the form of its error; null: S3.
const wire::Service* guess_service(const http::Request& request) {
  std::string_view target = request.headers.get("x-amz-target");
  if (target.starts_with("SageMaker.")) return &api::sagemaker::service;
  if (target.starts_with("Logs_")) return &api::logs::service;
  if (target.starts_with(api::cloudwatch::service.target_prefix) || request.headers.has("smithy-protocol")) return &api::cloudwatch::service;
  if (is_invocation(request)) return &api::sagemaker_runtime::service;
  if (is_metrics(request)) return &api::sagemaker_metrics::service;
  // By the name that a CONNECT or a virtual host led here: "sts.us-east-1.amazonaws.com".
  std::string_view host = request.headers.get("host");
  if (host.starts_with("monitoring.") && host.find("amazonaws.com") != std::string_view::npos) return &api::cloudwatch::service;
  if (host.starts_with("iam.") && host.find("amazonaws.com") != std::string_view::npos) return &api::iam::service;
  if (is_query(request) || (host.starts_with("sts.") && host.find("amazonaws.com") != std::string_view::npos)) return &api::sts::service;
  return nullptr;
}

// The answer to a call of a service that is not ours, in the form of the protocol that it seems to speak.
const wire::Service& form_of_unserved(const http::Request& request) {
  if (request.headers.has("x-amz-target")) return api::sagemaker::service;
  return is_query(request) ? api::sts::service : api::sagemaker_runtime::service;
}

Error too_large() { return aws_error(ErrorKind::limit_exceeded, "RequestEntityTooLarge", "The request body is larger than 16 MiB."); }

http::Response error_answer(const wire::Service& service, const http::Request& request, const Error& error) {
  http::Response response = services::make_codec(service, request, {})->write_error(error);
  response.headers.set("x-amzn-RequestId", request.id);
  return response;
}

http::Response refuse(const wire::Service& service, const http::Request& request, const Error& error) {
  refused_.add();
  return error_answer(service, request, auth::as_named_by(service.scope, error));
}

// The document as its codec reads it: clients pack large ones. `room` is where it is unpacked to.
Outcome<std::string_view> unpacked(const http::Request& request, std::string_view body, std::string& room) {
  if (request.headers.get("content-encoding") != "gzip") return body;
  auto document = io::gunzip(body, largest_document);
  if (!document && document.error().kind == ErrorKind::limit_exceeded) return too_large();
  if (!document)
    return aws_error(ErrorKind::validation, "SerializationException", "The request body is not in gzip's format, as its Content-Encoding says.");
  room = *std::move(document);
  return std::string_view(room);
}

}  // namespace

auth::SignedMessage to_message(const http::Request& request) {
  auth::SignedMessage message{.method = request.method, .path = request.path, .query = request.query};
  message.headers.reserve(request.headers.size());
  for (const auto& [name, value] : request.headers) message.headers.emplace_back(name, value);
  return message;
}

Outcome<auth::Verified> verify_whole(const auth::Verifier& verifier, const auth::Claim& claim, const http::Request& request, std::string_view body) {
  std::string hash = auth::sha256_hex(body);
  TRY(auth::Verified verified, verifier.verify(to_message(request), claim, hash));
  // A client that says what it hashed must have hashed this body.
  if (verified.payload == auth::Payload::hashed && !verified.payload_hash.empty() && verified.payload_hash != hash)
    return auth::signature_mismatch();
  return verified;
}

Dispatcher::Dispatcher(services::Parts parts, const auth::Verifier& verifier, services::s3::Service& s3, OwnPaths own_paths)
    : parts_(parts), verifier_(verifier), s3_(s3), own_paths_(std::move(own_paths)) {}

http::Route Dispatcher::route(http::Request& request) {
  if (request.id.empty()) request.id = random_uuid();
  if (request.path.starts_with("/-/")) {
    if (auto own = own_paths_(request)) return *std::move(own);
    http::Response missing;
    missing.status = 404;
    missing.body = "There is nothing here.\n";
    return missing;
  }
  auto claim = auth::read_claim(to_message(request));
  if (!claim) {
    const wire::Service* service = guess_service(request);
    return service != nullptr ? http::Route(refuse(*service, request, claim.error())) : s3_.route(request);
  }
  if (claim->scheme == auth::Scheme::none) {
    const wire::Service* service = guess_service(request);
    return service != nullptr ? http::Route(refuse(*service, request, auth::missing_token())) : s3_.route(request);
  }
  return route_signed(request, *claim);
}

http::Route Dispatcher::route_signed(http::Request& request, const auth::Claim& claim) {
  requests_.add();
  if (claim.service == "s3") return s3_.route(request);
  if (claim.service == "sagemaker" && is_invocation(request)) {
    http::Async async;
    async.start = [this, claim, arrived = std::chrono::steady_clock::now()](http::Request req, std::string body,
                                                                           std::function<void(http::Response)> done) {
      invoke(claim, arrived, req, std::move(body), std::move(done));
    };
    async.too_large = [](const http::Request& req) {
      return error_answer(api::sagemaker_runtime::service, req,
                          make_error(ErrorKind::limit_exceeded, "Received a payload larger than the limit of 64 MiB."));
    };
    return async;
  }
  const Served* served = find_served(claim.service, request);
  if (served == nullptr) {
    return error_answer(form_of_unserved(request), request, make_error(ErrorKind::not_implemented, "The service {} is not served by Clary.", to_valid_utf8(claim.service)));
  }
  http::Blocking blocking;
  blocking.limit = largest_document;
  blocking.brief = &served->service == &api::sagemaker_metrics::service && request.path.starts_with("/BatchPutMetrics") && parts_.store.is_free();
  blocking.handle = [this, served, claim](http::Request& req, http::BodyReader& reader) {
    auto body = http::read_all(reader, largest_document);
    if (!body) return error_answer(served->service, req, body.error());
    return run(*served, claim, req, *body);
  };
  blocking.too_large = [served](const http::Request& req) {
    return error_answer(served->service, req, too_large());
  };
  return blocking;
}

http::Response Dispatcher::run(const Served& served, const auth::Claim& claim, http::Request& request, std::string_view body) {
  log::RequestScope named(request.id);
  auto verified = verify_whole(verifier_, claim, request, body);
  if (!verified) return refuse(served.service, request, verified.error());
  std::string room;
  auto document = unpacked(request, body, room);
  if (!document) return error_answer(served.service, request, document.error());
  services::Context call{parts_, verified->identity, verified->scope, request, nullptr};
  http::Response response = services::run_operation(served.service, served.bindings, call, *document);
  response.headers.set("x-amzn-RequestId", request.id);
  return response;
}

void Dispatcher::invoke(const auth::Claim& claim, std::chrono::steady_clock::time_point arrived, const http::Request& request, std::string body,
                        std::function<void(http::Response)> done) {
  auto verified = verify_whole(verifier_, claim, request, body);
  if (!verified) return done(refuse(api::sagemaker_runtime::service, request, verified.error()));
  auto finish = [id = request.id, done = std::move(done)](http::Response response) {
    response.headers.set("x-amzn-RequestId", id);
    done(std::move(response));
  };
  services::runtime::invoke_endpoint(parts_.endpoints, verified->scope, request, std::move(body), arrived, std::move(finish));
}

http::Response Dispatcher::malformed(unsigned status, const std::string& why) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain");
  response.body = why + "\n";
  response.close = true;
  return response;
}

}  // namespace clary::server
