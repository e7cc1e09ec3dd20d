#include "model_server/service.hpp"

#include <thread>

#include "model_server/answers.hpp"
#include "model_server/open_inference.hpp"

namespace clary::model_server {

namespace {

http::Response text(unsigned status, std::string body, std::string_view type = "text/plain; charset=utf-8") {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", std::string(type));
  response.body = std::move(body);
  return response;
}

http::Response not_allowed(std::string allowed) {
  auto response = text(405, "Method Not Allowed");
  response.headers.add("Allow", std::move(allowed));
  return response;
}

unsigned status_of(const Error& error) {
  if (error.kind == ErrorKind::not_implemented) return 415;
  return error.kind == ErrorKind::validation ? 400 : 500;
}

}  // namespace

std::atomic<std::uint64_t> Service::count_{0};

Outcome<std::unique_ptr<Service>> Service::open(std::unique_ptr<Model> model, ServiceOptions options) {
  std::unique_ptr<Service> service(new Service(std::move(model), std::move(options)));
  const unsigned count = std::max(service->options_.threads, 1U);
  std::vector<Outcome<std::unique_ptr<Scorer>>> made;
  for (unsigned at = 0; at < count; ++at) made.emplace_back(internal("not made"));
  std::vector<std::thread> threads;
  for (unsigned at = 1; at < count; ++at) threads.emplace_back([&, at] { made[at] = service->model_->scorer(); });
  made[0] = service->model_->scorer();
  for (auto& thread : threads) thread.join();
  const ModelFacts& facts = service->model_->facts();
  for (auto& scorer : made) {
    if (!scorer) return std::move(scorer).error();
    auto& desk = service->desks_.emplace_back(std::make_unique<Desk>());
    desk->scorer = std::move(*scorer);
    desk->rows.doubled = facts.doubles;
  }
  if (!service->options_.selected.empty()) service->selection_ = Selection::open(service->options_.selected, facts);
  return service;
}

Service::Desk& Service::own_desk() {
  // By number: another service may stand where one was.
  static thread_local std::pair<std::uint64_t, Desk*> own{0, nullptr};
  if (own.first != number_) own = {number_, desks_.at(given_++).get()};
  return *own.second;
}

http::Response Service::answer(const http::Request& request, const std::string& body) {
  if (request.path == "/invocations") return request.method == "POST" ? invoke(request, body) : not_allowed("POST");
  if (request.path == "/ping") return request.method == "GET" ? text(200, "", "application/json") : not_allowed("GET");
  if (request.path == "/execution-parameters") return request.method == "GET" ? execution_parameters() : not_allowed("GET");
  if (request.path == "/v2" || request.path.starts_with("/v2/")) return open_inference(request, body);
  return text(404, "Not Found");
}

http::Response Service::invoke(const http::Request& request, const std::string& body) {
  if (body.empty()) return text(204, "", "text/html; charset=utf-8");
  const auto form = choose_form(request.headers.get("accept"), options_.default_accept);
  if (!form)
    return text(406, fmt::format("Accept type {} is not supported. Please use supported accept types: text/csv, application/json, "
                                 "application/jsonlines.", shown(request.headers.get("accept"))));
  const ModelFacts& facts = model_->facts();
  auto reader = open_rows(request.headers.get("content-type"), body, facts.columns);
  if (!reader) return text(status_of(reader.error()), reader.error().message);
  if (selection_ && !*selection_) return text(500, selection_->error().message);
  auto& [scorer, rows] = own_desk();
  AnswerWriter writer({*form, options_.batch || !facts.lists, facts.lists}, selection_ ? &**selection_ : nullptr);
  for (bool any = false;; any = true) {
    if (auto read = (*reader)->next(rows); !read) return text(status_of(read.error()), read.error().message);
    if (rows.count == 0 && !any) return text(400, "The body has no rows.");
    if (rows.count == 0) break;
    const auto scores = scorer->score(rows);
    if (!scores) return text(status_of(scores.error()), "Unable to evaluate payload provided: " + scores.error().message);
    writer.add(*scores);
  }
  return text(200, writer.finish(), content_type_of(*form));
}

// A model has one version, whatever a path calls it.
http::Response Service::open_inference(const http::Request& request, const std::string& body) {
  constexpr std::string_view json = "application/json";
  std::string_view path = request.path;
  path.remove_prefix(std::string_view("/v2").size());
  const std::string models = "/models/" + options_.name;
  if (!path.starts_with("/models/")) {
    if (!path.empty() && path != "/" && path != "/health/live" && path != "/health/ready") return text(404, error_body("Not Found"), json);
    if (request.method != "GET") return not_allowed("GET");
    return path.starts_with("/health/") ? text(200, "", json) : text(200, server_metadata(), json);
  }
  if (!path.starts_with(models) || (path.size() > models.size() && path[models.size()] != '/'))
    return text(404, error_body(fmt::format("There is no model of that name; the one here is called {}.", options_.name)), json);
  path.remove_prefix(models.size());
  if (constexpr std::string_view versions = "/versions/"; path.starts_with(versions)) path.remove_prefix(std::min(path.find('/', versions.size()), path.size()));
  if (path == "/infer") return request.method == "POST" ? infer(body) : not_allowed("POST");
  if (!path.empty() && path != "/ready") return text(404, error_body("Not Found"), json);
  if (request.method != "GET") return not_allowed("GET");
  return path.empty() ? text(200, model_metadata(options_.name, model_->facts()), json) : text(200, "", json);
}

http::Response Service::infer(const std::string& body) {
  constexpr std::string_view json = "application/json";
  const auto request = read_infer(body, model_->facts());
  if (!request) return text(status_of(request.error()), error_body(request.error().message), json);
  const auto scores = own_desk().scorer->score(request->rows);
  if (!scores) return text(status_of(scores.error()), error_body(scores.error().message), json);
  return text(200, infer_answer(options_.name, model_->facts(), *request, *scores), json);
}

http::Response Service::execution_parameters() const {
  return text(200, fmt::format(R"({{"MaxConcurrentTransforms": {}, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}})", desks_.size()),
              "application/json");
}

}  // namespace clary::model_server
