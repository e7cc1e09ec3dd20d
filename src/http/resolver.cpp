#include "http/resolver.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <netdb.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>

namespace clary::http {

struct Resolver::State {
  Lookup lookup;
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<std::pair<std::string, Done>> queue;
  unsigned threads = 0;
  unsigned idle = 0;
  bool stopping = false;
};

Resolver::Resolver(Lookup lookup) : state_(std::make_shared<State>()) {
  state_->lookup = lookup ? std::move(lookup) : Lookup(system_lookup);
}

Resolver::~Resolver() {
  std::lock_guard lock(state_->mutex);
  state_->stopping = true;
  state_->queue.clear();
  state_->arrived.notify_all();
}

bool Resolver::resolve(std::string host, Done done) {
  std::lock_guard lock(state_->mutex);
  if (state_->stopping || state_->queue.size() >= most_waiting) return false;
  state_->queue.emplace_back(std::move(host), std::move(done));
  if (state_->idle < state_->queue.size() && state_->threads < most_threads) {
    try {
      // Detached: a look-up may take many seconds and cannot be broken off; the thread shares the state and nothing
      // else.
      std::thread(serve, state_).detach();
      ++state_->threads;
    } catch (const std::system_error&) {
      if (state_->threads == 0) {
        state_->queue.pop_back();
        return false;
      }
    }
  }
  state_->arrived.notify_one();
  return true;
}

void Resolver::serve(std::shared_ptr<State> state) {
  std::unique_lock lock(state->mutex);
  while (true) {
    ++state->idle;
    state->arrived.wait(lock, [&] { return state->stopping || !state->queue.empty(); });
    --state->idle;
    if (state->stopping) return;
    auto [host, done] = std::move(state->queue.front());
    state->queue.pop_front();
    lock.unlock();
    Outcome<std::vector<std::string>> found = internal("not looked up");
    try {
      found = state->lookup(host);
    } catch (const std::exception& error) {
      found = internal("looking up {}: {}", host, error.what());
    }
    done(std::move(found));
    done = nullptr;
    lock.lock();
  }
}

Outcome<std::vector<std::string>> system_lookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code != 0) {
    return make_error(code == EAI_AGAIN ? ErrorKind::unavailable : ErrorKind::not_found,
                      "The host name {} cannot be resolved: {}.", host, gai_strerror(code));
  }
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  std::vector<std::string> addresses;
  for (auto* at = found; at; at = at->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) != 0) continue;
    if (std::find(addresses.begin(), addresses.end(), text) == addresses.end()) addresses.emplace_back(text);
  }
  return addresses;
}

}  // namespace clary::http
