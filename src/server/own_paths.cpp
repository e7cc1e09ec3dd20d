#include "server/own_paths.hpp"

#include <unistd.h>

#include <boost/json.hpp>

#include "base/metrics.hpp"
#include "server/dispatcher.hpp"
#include "server/worker_tokens.hpp"

namespace clary::server {

namespace json = boost::json;

namespace {

constexpr std::string_view console_links = "/-/console/links";

http::Response text(unsigned status, std::string body, std::string content_type = "text/plain; charset=utf-8") {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", std::move(content_type));
  response.body = std::move(body);
  return response;
}

http::Response answer(unsigned status, const json::value& value) { return text(status, json::serialize(value) + "\n", "application/json"); }
http::Response problem(unsigned status, const std::string& message) { return answer(status, json::object{{"message", message}}); }

const char* word(runtimes::Progress::Stage stage) {
  using Stage = runtimes::Progress::Stage;
  switch (stage) {
    case Stage::absent: return "absent";
    case Stage::queued: return "queued";
    case Stage::making: return "making";
    case Stage::ready: return "ready";
    case Stage::failed: return "failed";
  }
  return "";
}

const char* word(runtimes::Version::Fidelity fidelity) {
  using Fidelity = runtimes::Version::Fidelity;
  return fidelity == Fidelity::exact ? "exact" : fidelity == Fidelity::nearest ? "nearest" : "impossible";
}

json::value describe(const OwnParts& parts, const runtimes::Version& version) {
  auto progress = parts.environments.progress(version);
  return json::object{{"id", version.id()},         {"library", version.library}, {"python", version.python},
                      {"fidelity", word(version.fidelity)}, {"reason", version.reason},   {"source", version.source},
                      {"stage", word(progress.stage)},      {"message", progress.message}};
}

http::Response list_runtimes(const OwnParts& parts) {
  json::array all;
  for (const runtimes::Version& version : parts.catalogue.versions()) all.push_back(describe(parts, version));
  return answer(200, all);
}

// Starts making an environment; the caller looks at its progress by GET.
http::Response add_runtime(const OwnParts& parts, const std::string& id) {
  auto version = parts.catalogue.find(id);
  if (!version) return problem(404, fmt::format("there is no runtime {}; `clary runtimes` lists them", id));
  if (version->fidelity == runtimes::Version::Fidelity::impossible) return problem(400, fmt::format("{} cannot be had: {}", id, version->reason));
  parts.environments.ensure(*version, [](const std::string&) {}, [](Outcome<runtimes::Environment>) {});
  return answer(202, describe(parts, *version));
}

http::Response show_runtime(const OwnParts& parts, const std::string& id) {
  auto version = parts.catalogue.find(id);
  return version ? answer(200, describe(parts, *version)) : problem(404, fmt::format("there is no runtime {}; `clary runtimes` lists them", id));
}

http::Response prune_runtimes(const OwnParts& parts, std::string_view body) {
  json::error_code code;
  json::value asked = json::parse(body, code);
  if (code || !asked.is_object()) return problem(400, "the body is a JSON object: {\"all\": false}");
  const json::value* all = asked.as_object().if_contains("all");
  auto pruned = parts.environments.prune(parts.catalogue.versions(), all != nullptr && all->is_bool() && all->as_bool());
  if (!pruned) return problem(500, pruned.error().message);
  return answer(200, json::object{{"removed", json::array(pruned->removed.begin(), pruned->removed.end())}, {"bytes", pruned->bytes}});
}

json::object counts(meta::Store& store, std::string_view kind, const std::vector<std::string>& statuses) {
  json::object object;
  for (const std::string& status : statuses) {
    auto count = store.read([&](meta::Session& session) { return meta::count(session, kind, {status}); });
    object[status] = count ? *count : 0;
  }
  return object;
}

http::Response show_status(const OwnParts& parts) {
  meta::Store& store = parts.services.store;
  workers::Slots::Use use = parts.slots.use();
  auto share = [](const workers::Share& s) { return json::object{{"cpus", s.cpus}, {"memory", s.memory}, {"gpus", s.gpus}}; };
  return answer(200, json::object{{"version", CLARY_VERSION},
                                  {"pid", getpid()},
                                  {"started", to_iso8601(parts.started)},
                                  {"slots", json::object{{"total", share(use.total)}, {"used", share(use.used)}, {"waiting", use.waiting}}},
                                  {"training_jobs", counts(store, jobs::training_kind, {"InProgress", "Stopping", "Completed", "Failed", "Stopped"})},
                                  {"processing_jobs", counts(store, jobs::processing_kind, {"InProgress", "Stopping", "Completed", "Failed", "Stopped"})},
                                  {"transform_jobs", counts(store, jobs::transform_kind, {"InProgress", "Stopping", "Completed", "Failed", "Stopped"})},
                                  {"endpoints", counts(store, serving::endpoint_kind, {"Creating", "InService", "Updating", "RollingBack", "Failed", "Deleting"})}});
}

http::Response run_signed(const OwnParts& parts, http::Request& request, std::string_view body) {
  auto claim = auth::read_claim(to_message(request));
  if (!claim || claim->service != own_scope) return problem(403, "sign this request with the root key of the installation");
  auto verified = verify_whole(parts.verifier, *claim, request, body);
  if (!verified) return problem(403, verified.error().message);
  if (!verified->identity.root) return problem(403, "only the root key of the installation may ask this");
  if (request.path == "/-/status" && request.method == "GET") return show_status(parts);
  if (request.path == "/-/runtimes" && request.method == "GET") return list_runtimes(parts);
  if (request.path == "/-/runtimes/prune" && request.method == "POST") return prune_runtimes(parts, body);
  if (request.path == console_links && request.method == "POST") return parts.console.make_link();
  constexpr std::string_view one = "/-/runtimes/";
  if (request.path.starts_with(one)) {
    std::string id = uri_decode(std::string_view(request.path).substr(one.size())).value_or("");
    if (request.method == "GET") return show_runtime(parts, id);
    if (request.method == "POST") return add_runtime(parts, id);
  }
  return problem(404, "there is nothing here");
}

}  // namespace

std::optional<http::Route> route_own(const OwnParts& parts, http::Request& request) {
  if (request.path == "/-/health") return text(200, "ok\n");
  if (request.path == "/-/ready") return parts.ready ? text(200, "ready\n") : text(503, "starting\n");
  if (request.path == "/-/metrics") return text(200, metrics::exposition(), "text/plain; version=0.0.4; charset=utf-8");
  if (request.path == "/-/credentials") return answer_credentials(parts.services.keys, parts.workers_folder, request);
  if (request.path != console_links) {
    if (auto route = parts.console.route(request)) return route;
  }
  if (request.path != console_links && request.path != "/-/status" && !request.path.starts_with("/-/runtimes")) return std::nullopt;
  http::Blocking blocking;
  blocking.limit = 64 * 1024;
  blocking.handle = [&parts](http::Request& req, http::BodyReader& reader) {
    auto body = http::read_all(reader, 64 * 1024);
    return body ? run_signed(parts, req, *body) : problem(400, body.error().message);
  };
  return blocking;
}

}  // namespace clary::server
