// clary-model-server: serves one model without user code, as a container of SageMaker's would. A process of its own, small, so that a replica
// costs little and a crash takes down nothing else. `clary model-server` runs it.
#include <CLI/CLI.hpp>
#include <csignal>
#include <pthread.h>
#include <set>
#include <unistd.h>

#include "base/log.hpp"
#include "http/server.hpp"
#include "io/file.hpp"
#include "model_server/lightgbm_model.hpp"
#include "model_server/onnx_model.hpp"
#include "model_server/service.hpp"
#include "model_server/xgboost_model.hpp"
#include "xgboost/library.hpp"

namespace {

using namespace clary;
constexpr std::chrono::seconds patience{30};  // for the answers under way, once told to stop

struct Options {
  std::string socket, listen, framework = "xgboost", model, environment, library, name = "model";
  unsigned threads = 0;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

struct Framework {
  const char* name;
  Outcome<std::string> (*library_in)(const std::string& environment_folder);
  Outcome<std::unique_ptr<model_server::Model>> (*load)(const std::string& folder, const std::string& library_path);
};
constexpr Framework frameworks[] = {
    {"xgboost", xgboost::library_in, model_server::load_xgboost},
    {"lightgbm", model_server::lightgbm_library, model_server::load_lightgbm},
    {"onnx", model_server::onnx_library, model_server::load_onnx},
};

std::set<std::string> framework_names() {
  std::set<std::string> names;
  for (const Framework& one : frameworks) names.insert(one.name);
  return names;
}

Outcome<std::unique_ptr<model_server::Model>> load(const Options& options) {
  const auto* framework = std::find_if(std::begin(frameworks), std::end(frameworks), [&](const Framework& one) { return one.name == options.framework; });
  std::string path = options.library;
  if (path.empty()) {
    TRY(path, framework->library_in(options.environment));
  }
  return framework->load(options.model, path);
}

unsigned thread_count(const Options& options) {
  if (options.threads > 0) return options.threads;
  const std::string workers = variable("SAGEMAKER_MODEL_SERVER_WORKERS");
  if (const unsigned long named = std::strtoul(workers.c_str(), nullptr, 10); named >= 1 && named <= 256) return static_cast<unsigned>(named);
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const unsigned cores = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? static_cast<unsigned>(CPU_COUNT(&allowed)) : 1;
  return std::clamp(cores, 1U, 8U);
}

Outcome<void> serve(const Options& options) {
  // Signals wait for sigwait() below, on every thread that is started from here on.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto model = load(options);
  if (!model) return std::move(model).error();
  const auto facts = (*model)->facts();
  model_server::ServiceOptions how;
  how.threads = thread_count(options);
  how.batch = !variable("SAGEMAKER_BATCH").empty();
  how.name = options.name;
  how.selected = variable("SAGEMAKER_INFERENCE_OUTPUT");
  how.default_accept = variable("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT");
  TRY(const auto service, model_server::Service::open(*std::move(model), how));

  http::ServerOptions server_options;
  // Under another name until it listens: who sees the socket can connect to it.
  const std::string hidden = options.socket + ".starting";
  if (!options.socket.empty()) server_options.unix_sockets = {hidden};
  if (!options.listen.empty()) server_options.listen = {options.listen};
  server_options.loops = how.threads;
  server_options.idle_timeout = std::chrono::hours(24);  // the one peer keeps its connections
  http::ServerHooks hooks;
  hooks.route = [&service](http::Request&) {
    http::Async async;
    async.limit = std::size_t{1} << 30;
    async.start = [&service](http::Request request, std::string body, std::function<void(http::Response)> done) {
      done(service->answer(request, body));
    };
    return http::Route(std::move(async));
  };
  http::Server server(std::move(server_options), std::move(hooks), nullptr);
  CHECK_OK(server.start());
  fmt::print("serving a model of {} on {} threads\n", facts.framework, how.threads);
  std::fflush(stdout);
  if (!options.socket.empty() && std::rename(hidden.c_str(), options.socket.c_str()) != 0) return io::system_error("rename", hidden, errno);
  int signal = 0;
  sigwait(&signals, &signal);
  server.stop(patience);
  if (!options.socket.empty()) ::unlink(options.socket.c_str());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  // OpenMP is asked for when the library is loaded: our threads are enough, and its own would spin between two calls.
  ::setenv("OMP_NUM_THREADS", "1", 1);
  CLI::App app{"Serves one model without user code, as a container of SageMaker's would: /ping and /invocations."};
  Options options;
  std::string prefix = variable("CLARY_PREFIX");
  if (prefix.empty()) prefix = "/opt/ml";
  options.model = prefix + "/model";
  auto* socket = app.add_option("--socket", options.socket, "The Unix socket to serve at");
  auto* listen = app.add_option("--listen", options.listen, "The address to serve at, such as 127.0.0.1:8080");
  app.add_option("--framework", options.framework, "What made the model")->check(CLI::IsMember(framework_names()))->capture_default_str();
  app.add_option("--model", options.model, "The folder that holds the model's file: xgboost-model, model.txt, model.onnx, or the only one")->default_str(prefix + "/model");
  auto* environment = app.add_option("--environment", options.environment, "The folder of the runtime's environment, whose library loads the model");
  app.add_option("--library", options.library, "That library itself: a libxgboost.so, lib_lightgbm.so or libonnxruntime.so")->excludes(environment);
  app.add_option("--name", options.name, "What the Open Inference Protocol calls the model")->capture_default_str();
  app.add_option("--threads", options.threads, "Requests to work on at a time; default: SAGEMAKER_MODEL_SERVER_WORKERS, else one a core, 8 at most");
  app.callback([&] {
    if (socket->empty() && listen->empty()) throw CLI::RequiredError("--socket or --listen");
    if (options.environment.empty() && options.library.empty()) throw CLI::RequiredError("--environment or --library");
  });
  CLI11_PARSE(app, argc, argv);
  log::configure(log::Level::warn);
  if (auto served = serve(options); !served) {
    const Error& error = served.error();
    const std::string reason = "ModelLoadError: " + (error.kind == ErrorKind::internal && !error.detail.empty() ? error.detail : error.message);
    fmt::print(stderr, "{}\n", reason);
    (void)io::write_durably(prefix + "/output/failure", reason, 0644);
    return 1;
  }
  return 0;
}
