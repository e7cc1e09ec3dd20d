#include "server/clary.hpp"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/log.hpp"
#include "http/server.hpp"
#include "jobs/job_machine.hpp"
#include "meta/data_points.hpp"
#include "server/connect_policy.hpp"
#include "server/dispatcher.hpp"
#include "server/installed.hpp"
#include "server/measuring.hpp"
#include "server/own_paths.hpp"
#include "server/surroundings.hpp"
#include "server/trust.hpp"
#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/job_components.hpp"
#include "services/sagemaker/job_lineage.hpp"
#include "services/sagemaker/job_measurements.hpp"
#include "runtimes/container_environments.hpp"
#include "serving/room.hpp"
#include "workers/container_launcher.hpp"
#include "workers/process_launcher.hpp"

namespace clary::server {

namespace {

const log::Channel log_{"server"};

std::vector<meta::Migration> all_migrations() {
  std::vector<meta::Migration> all;
  for (const auto* list : {&meta::record_migrations, &meta::log_migrations, &meta::data_point_migrations, &objects::object_migrations,
                           &serving::serving_migrations})
    all.insert(all.end(), list->begin(), list->end());
  return all;
}

std::uint16_t port_of(const std::string& address) {
  auto colon = address.rfind(':');
  return colon == std::string::npos ? 0 : static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1));
}

// "::1" of "[::1]:9080".
std::string host_of(const std::string& address) {
  std::string host = address.substr(0, address.rfind(':'));
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

// The names by which browsers know this host.
std::vector<std::string> own_names(const Settings& settings) {
  std::vector<std::string> names;
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) == 0) names.emplace_back(name);
  for (const std::string& address : settings.listen) names.push_back(host_of(address));
  return names;
}

// The proxy that the server's own environment names, for tunnels; never ourselves (a shell that ran `clary env` names us).
std::string upstream_proxy(const Settings& settings) {
  const char* proxy = std::getenv("https_proxy");
  if (proxy == nullptr) proxy = std::getenv("HTTPS_PROXY");
  if (proxy == nullptr) return {};
  std::string text(proxy);
  for (const std::string& address : settings.listen) {
    if (text.find(":" + std::to_string(port_of(address))) != std::string::npos &&
        (text.find("127.0.0.1") != std::string::npos || text.find("localhost") != std::string::npos))
      return {};
  }
  return text;
}

log::Level to_level(const std::string& name) {
  if (name == "debug") return log::Level::debug;
  if (name == "warn") return log::Level::warn;
  return name == "error" ? log::Level::error : log::Level::info;
}

// CloudWatch keeps its data 15 months.
Outcome<void> expire_data(meta::Store& store, Time now) {
  constexpr std::int64_t kept_seconds = 455LL * 24 * 3600;
  const Time before{now.micros - kept_seconds * 1'000'000};
  bool more = true;
  while (more) {
    TRY(more, store.write([&](meta::Session& session) { return meta::expire_data(session, before); }));
  }
  return {};
}

// Removes log events past their group's retention, what deleted groups left, and old data points: now and every few minutes.
void keep_up(std::stop_token stop, meta::LogStore& logs, meta::Store& store, const Clock& clock) {
  constexpr std::chrono::minutes pause{5};
  std::mutex mutex;
  std::condition_variable_any wait;
  while (!stop.stop_requested()) {
    if (auto done = logs.expire(); !done) log_.error("removing old log events: {}", done.error().detail);
    if (auto done = expire_data(store, clock.now()); !done) log_.error("removing old data points: {}", done.error().detail);
    std::unique_lock lock(mutex);
    wait.wait_for(lock, stop, pause, [] { return false; });
  }
}

}  // namespace

// In the order in which they are made; taken down in reverse.
struct Clary::State {
  Settings settings;
  DataFolder folder;
  io::File lock;
  SystemClock clock;
  std::atomic<bool> ready{false};
  RunningServer running;
  std::unique_ptr<auth::Keys> keys;
  std::unique_ptr<auth::Verifier> verifier;
  std::shared_ptr<http::Authority> authority;
  std::shared_ptr<meta::Store> store;
  std::unique_ptr<meta::LogStore> logs;
  std::shared_ptr<objects::Objects> objects;
  std::unique_ptr<workers::Podman> podman;
  std::unique_ptr<workers::Launcher> launcher;
  std::unique_ptr<workers::Slots> slots;          // of jobs
  std::unique_ptr<workers::Slots> replica_slots;  // of replicas, so that no endpoint waits behind a job
  std::unique_ptr<runtimes::Catalogue> catalogue;
  std::unique_ptr<workers::Images> images;
  std::unique_ptr<runtimes::Environments> environments;
  std::unique_ptr<jobs::TrainingJobs> jobs;
  std::unique_ptr<jobs::ProcessingJobs> processing;
  std::unique_ptr<jobs::TransformJobs> transforms;
  std::function<std::vector<jobs::HostUse>()> host_uses;
  std::unique_ptr<serving::Endpoints> endpoints;
  std::unique_ptr<services::FirstLook> first_look;
  search::Index index;
  std::unique_ptr<services::s3::Service> s3;
  std::unique_ptr<Console> console;
  std::unique_ptr<OwnParts> own;
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<http::Server> server;
  std::jthread upkeep;
  std::jthread indexing;  // what Search looks through
  std::jthread measuring;

  Outcome<void> open_stores();
  Outcome<void> open_work(const std::string& bundle);
  Outcome<void> listen();
  services::Parts parts() { return {*store, *logs, *objects, *jobs, *processing, *transforms, *endpoints, *keys, clock, *first_look, index}; }
};

Outcome<void> Clary::State::open_stores() {
  TRY(auth::Installation installation, auth::open_installation(folder.keys(), settings.account));
  keys = std::make_unique<auth::Keys>(std::move(installation), clock);
  verifier = std::make_unique<auth::Verifier>(*keys, clock);
  std::vector<std::string> permitted{"amazonaws.com", "localhost", "127.0.0.1", "::1"};
  for (const std::string& address : settings.listen) permitted.push_back(host_of(address));
  TRY(authority, http::Authority::open(folder.tls(), permitted));
  TRY(store, meta::Store::open({.path = folder.database()}, all_migrations()));
  logs = std::make_unique<meta::LogStore>(store, clock);
  TRY(objects, objects::open_objects(store, clock, {.folder = folder.objects()}));
  return {};
}

Outcome<void> Clary::State::open_work(const std::string& bundle) {
  std::uint16_t port = port_of(settings.listen.front());
  if (port == 0) port = 9080;  // inside a sandbox the port is ours to choose
  workers::LauncherOptions options{.folder = folder.workers(), .socket = folder.socket(), .port = port, .sandbox = settings.sandbox};
  options.init = installed_file("clary-init");
  auto opened = workers::open_process_launcher(options);
  if (!opened && settings.sandbox)
    opened.error().message += " (--sandbox=off runs jobs without isolation: as this user, with all its files and ports.)";
  TRY(launcher, std::move(opened));
  podman = std::make_unique<workers::Podman>(workers::ContainerOptions{settings.podman, folder.path + "/containers", options.init, options.folder});
  launcher = workers::open_container_launcher(std::move(launcher), *podman, {options.folder, options.socket, port});
  slots = std::make_unique<workers::Slots>(workers::host_share());
  replica_slots = std::make_unique<workers::Slots>(serving::serving_room(workers::host_share()));
  std::vector<std::string> roots{installed_folder("runtimes")};
  roots.push_back(settings.runtimes_dir);
  TRY(runtimes::Catalogue read, runtimes::Catalogue::open(roots));
  catalogue = std::make_unique<runtimes::Catalogue>(std::move(read));
  runtimes::EnvironmentOptions making{.cache = settings.cache_dir, .sandbox = settings.sandbox};
  if (!settings.uv.empty()) making.uv = settings.uv;
  making.missing_modules = installed_folder("python") + "/missing_modules";
  TRY(environments, runtimes::open_environments(making, *launcher));
  images = std::make_unique<workers::Images>(*podman, settings.pull_images);
  environments = runtimes::with_containers(std::move(environments), *images);
  catalogue->run_others_as_containers([this] { return podman->absence(); });
  auto surroundings = make_surroundings({*keys, bundle, port, settings.connect, settings.sandbox});
  std::string runtime = installed_folder("python");
  std::string model_server = installed_file("clary-model-server");
  jobs::JobParts work{store, *logs, *objects, *launcher, *slots, *catalogue, *environments, surroundings, clock, runtime, model_server};
  work.workers_folder = folder.workers();
  work.trainer = installed_file("clary-train");
  work.stop_grace = std::chrono::seconds(settings.job_stop_grace_seconds);
  work.isolated = settings.sandbox;
  work.observers = {services::sagemaker::job_components(), services::sagemaker::job_measurements(),
                    services::sagemaker::job_lineage()};
  auto machine = std::make_shared<jobs::JobMachine>(work);
  jobs = std::make_unique<jobs::TrainingJobs>(machine);
  processing = std::make_unique<jobs::ProcessingJobs>(machine);
  transforms = std::make_unique<jobs::TransformJobs>(machine);
  host_uses = [machine = std::weak_ptr(machine)] {
    auto there = machine.lock();
    return there ? there->host_uses() : std::vector<jobs::HostUse>();
  };
  serving::ServingParts replicas{store, *logs, *objects, *launcher, *replica_slots, *catalogue, *environments, surroundings, clock, runtime};
  replicas.model_server = model_server;
  replicas.invocation_timeout = std::chrono::seconds(settings.invocation_timeout_seconds);
  replicas.models_folder = folder.path + "/endpoints";
  endpoints = std::make_unique<serving::Endpoints>(replicas);
  return {};
}

Outcome<void> Clary::State::listen() {
  first_look = std::make_unique<services::FirstLook>(std::chrono::seconds(settings.first_look_seconds));
  s3 = std::make_unique<services::s3::Service>(parts(), *verifier);
  TRY(ConsoleFiles files, ConsoleFiles::open(embedded_console()));
  console = std::make_unique<Console>(*keys, clock, settings.region, own_names(settings), std::move(files));
  own = std::make_unique<OwnParts>(OwnParts{parts(), *verifier, *catalogue, *environments, *slots, *console, folder.workers(), ready, clock.now()});
  dispatcher = std::make_unique<Dispatcher>(parts(), *verifier, *s3, [this](http::Request& request) { return route_own(*own, request); });

  http::ServerOptions options;
  options.listen = settings.listen;
  options.unix_sockets = {folder.socket()};
  options.pool_threads = static_cast<unsigned>(settings.pool_threads);
  options.max_connections = static_cast<std::size_t>(settings.max_connections);
  options.upstream_proxy = upstream_proxy(settings);
  ConnectPolicy policy{settings.connect, settings.connect_all_amazon,
                       [this](const std::string& bucket) { return objects->bucket(bucket).ok(); }};
  http::ServerHooks hooks;
  hooks.route = [this](http::Request& request) { return dispatcher->route(request); };
  hooks.on_connect = [policy](const std::string& host, std::uint16_t port, const http::Request&) { return decide(policy, host, port); };
  hooks.malformed = Dispatcher::malformed;
  server = std::make_unique<http::Server>(std::move(options), std::move(hooks), authority);
  return server->start();
}

Outcome<std::unique_ptr<Clary>> Clary::open(const Settings& settings) {
  log::configure(to_level(settings.log_level), settings.log_file);
  auto state = std::make_unique<State>();
  state->settings = settings;
  TRY(state->folder, open_data_folder(settings.data_dir));
  TRY(state->lock, lock_data_folder(state->folder));
  CHECK_OK(state->open_stores());
  TRY(std::string bundle, write_bundle(state->folder.tls(), state->authority->certificate_pem(), {}));
  CHECK_OK(state->open_work(bundle));
  CHECK_OK(state->jobs->resume());  // of every kind: they share a machine
  CHECK_OK(state->endpoints->resume());
  CHECK_OK(state->listen());
  auto addresses = state->server->addresses();
  std::erase_if(addresses, [](const std::string& address) { return address.starts_with('/'); });  // workers' socket is no client's
  state->running = {getpid(), process_start(getpid()).value_or(0), std::move(addresses), settings.region, CLARY_VERSION, settings.connect};
  CHECK_OK(write_running_server(state->folder, state->running));
  state->upkeep = std::jthread([state = state.get()](std::stop_token stop) { keep_up(stop, *state->logs, *state->store, state->clock); });
  state->indexing = std::jthread([parts = state->parts()](std::stop_token stop) { services::sagemaker::keep_index(parts, stop); });
  Scope own{state->keys->installation().account, settings.region};
  state->measuring = std::jthread(
      [measured = Measured{state->parts(), *state->slots, state->host_uses, std::move(own)}](std::stop_token stop) { keep_measuring(measured, stop); });
  state->ready = true;
  log_.info("ready listen={} data={} sandbox={}", state->running.addresses.front(), state->folder.path, settings.sandbox ? "on" : "off");
  return std::unique_ptr<Clary>(new Clary(std::move(state)));
}

Clary::Clary(std::unique_ptr<State> state) : state_(std::move(state)) {}
Clary::~Clary() = default;

const RunningServer& Clary::running() const { return state_->running; }

void Clary::stop() {
  state_->ready = false;
  log_.info("stopping: draining for at most {} s", state_->settings.stop_grace_seconds);
  state_->server->stop(std::chrono::seconds(state_->settings.stop_grace_seconds));
  state_->upkeep = {};
  state_->indexing = {};
  state_->measuring = {};
  state_->endpoints.reset();
  state_->jobs.reset();
  state_->processing.reset();
  state_->transforms.reset();
  forget_running_server(state_->folder);
  log_.info("stopped");
}

}  // namespace clary::server
