#include "http/server.hpp"

#include <csignal>
#include <future>
#include <thread>

#include "http/core.hpp"
#include "http/listener.hpp"
#include "http/log.hpp"

namespace clary::http {

struct Server::State {
  State(ServerOptions options, ServerHooks hooks, std::shared_ptr<Authority> authority)
      : core(std::move(options), std::move(hooks), std::move(authority)) {}

  // Runs `work` on each loop's thread and waits for it.
  void on_each_loop(const std::function<void(Loop&)>& work) {
    for (auto& loop : core.loops) {
      std::promise<void> done;
      loop->post([&] {
        work(*loop);
        done.set_value();
      });
      done.get_future().wait();
    }
  }

  bool wait_for_connections(std::chrono::milliseconds timeout) {
    std::unique_lock lock(core.mutex);
    return core.all_ended.wait_for(lock, timeout, [&] { return core.connections == 0; });
  }

  Core core;
  std::vector<std::unique_ptr<Listener>> listeners;
  bool running = false;
};

Server::Server(ServerOptions options, ServerHooks hooks, std::shared_ptr<Authority> authority)
    : state_(std::make_unique<State>(std::move(options), std::move(hooks), std::move(authority))) {}

Server::~Server() {
  stop(std::chrono::milliseconds(0));
}

Outcome<void> Server::start() {
  auto& core = state_->core;
  std::signal(SIGPIPE, SIG_IGN);  // sendfile and OpenSSL know no MSG_NOSIGNAL
  auto count = core.options.loops > 0 ? core.options.loops : std::max(1U, std::thread::hardware_concurrency());
  for (unsigned at = 0; at < count; ++at) core.loops.push_back(std::make_shared<Loop>());
  for (const auto& address : core.options.listen) {
    TRY(auto listener, Listener::tcp(core, address));
    core.ports.push_back(listener->port());
    state_->listeners.push_back(std::move(listener));
  }
  for (const auto& path : core.options.unix_sockets) {
    TRY(auto listener, Listener::unix_socket(core, path));
    state_->listeners.push_back(std::move(listener));
  }
  for (auto& loop : core.loops) loop->start();
  state_->running = true;
  for (auto& listener : state_->listeners) {
    listener->start();
    log_.info("listening on {}", listener->address());
  }
  return {};
}

std::vector<std::string> Server::addresses() const {
  std::vector<std::string> all;
  for (const auto& listener : state_->listeners) all.push_back(listener->address());
  return all;
}

void Server::stop(std::chrono::milliseconds grace) {
  if (!std::exchange(state_->running, false)) return;
  auto& core = state_->core;
  for (auto& listener : state_->listeners) listener->close();
  state_->on_each_loop([](Loop& loop) { loop.drain(); });
  if (!state_->wait_for_connections(grace)) {
    log_.warn("{} connections are closed with requests under way", core.connections.load());
    state_->on_each_loop([](Loop& loop) { loop.kill(); });
    state_->wait_for_connections(std::chrono::seconds(10));
  }
  core.pool.stop();
  for (auto& loop : core.loops) loop->stop();
  state_->listeners.clear();
}

}  // namespace clary::http
