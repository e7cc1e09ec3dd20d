#include "training/rabit_tracker.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "training/rabit_greeting.hpp"
#include "training/rabit_links.hpp"
#include "training/say.hpp"
#include "training/socket.hpp"

namespace clary::training {

using Command = RabitGreeting::Command;

namespace {
constexpr std::chrono::hours longest_training{24 * 30};
}

// What the tracker's thread does; end() is for the other one.
class RabitTracker::Service {
 public:
  Service(Socket door, int workers) : door_(std::move(door)), arrivals_(door_), links_(rabit_links(workers)) {}

  // Until all have gone, or end().
  void run() {
    serve_all();
    std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }

  void end(std::chrono::milliseconds goodbye) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, goodbye, [this] { return done_; })) return;
    ending_ = true;
    door_.close_now();
    if (waited_for_ != nullptr) waited_for_->close_now();
  }

 private:
  struct Worker {
    Socket socket;
    std::string address;
    RabitGreeting greeting;
    int port = 0;     // where it waits for others to connect
    int awaited = 0;  // how many of them still have to
  };

  void serve_all() {
    const auto deadline = std::chrono::steady_clock::now() + longest_training;
    while (gone_.size() < links_.size()) {
      auto guest = arrivals_.next(deadline);
      if (!guest) return;
      if (auto served = serve(*std::move(guest)); !served) {
        const Error& why = served.error();
        say("The tracker: {}", why.detail.empty() ? why.message : why.detail);
      }
    }
  }

  // Whatever may have to wait for a worker: end() breaks the wait off.
  template <typename Act>
  Outcome<void> wait_for(const Socket& socket, Act act) {
    {
      std::lock_guard lock(mutex_);
      if (ending_) return internal("the training is over");
      waited_for_ = &socket;
    }
    auto done = act();
    std::lock_guard lock(mutex_);
    waited_for_ = nullptr;
    return done;
  }

  ReadBytes reader(const Socket& socket, std::optional<Socket::Deadline> deadline = {}) {
    return [this, &socket, deadline](char* bytes, std::size_t size) {
      return wait_for(socket, [&] { return socket.receive(bytes, size, deadline); });
    };
  }
  Outcome<void> send(const Socket& socket, std::string_view bytes) {
    return wait_for(socket, [&] { return socket.send(bytes); });
  }

  Outcome<void> serve(Arrivals::Guest guest) {
    auto worker = std::make_unique<Worker>(Worker{std::move(guest.socket), std::move(guest.address), {}});
    const auto read = reader(worker->socket, guest.greeted_by);
    TRY(worker->greeting,
        read_rabit_greeting(read, [&](std::string_view bytes) { return send(worker->socket, bytes); }));
    const RabitGreeting& greeting = worker->greeting;
    if (greeting.command == Command::print) {
      TRY(const std::string text, read_rabit_text(read));
      say_line(text.substr(0, text.find_last_not_of("\n") + 1));
      return {};
    }
    if (greeting.command == Command::shutdown) {
      if (is_rank(greeting.rank)) gone_.insert(greeting.rank);
      return {};
    }
    if (is_rank(greeting.rank)) return link(greeting.rank, std::move(worker));
    if (started_) return internal("a worker has come too late");
    pending_.push_back(std::move(worker));
    return pending_.size() < links_.size() ? Outcome<void>() : link_all();
  }

  bool is_rank(int rank) const { return rank >= 0 && static_cast<std::size_t>(rank) < links_.size(); }

  Outcome<void> link_all() {
    started_ = true;
    // Taken out first: if one is lost, the connections of those behind it close, for they would wait in vain.
    auto workers = std::exchange(pending_, {});
    std::sort(workers.begin(), workers.end(),
              [](const auto& a, const auto& b) { return a->greeting.task < b->greeting.task; });
    int rank = 0;
    for (auto& worker : workers) CHECK_OK(link(rank++, std::move(worker)));
    return {};
  }

  // Tells the worker its place, and then as often as it needs whom it can connect to already: those that wait for it.
  Outcome<void> link(int rank, std::unique_ptr<Worker> worker) {
    const RabitLinks& links = links_[static_cast<std::size_t>(rank)];
    std::set<int> wanted(links.neighbours.begin(), links.neighbours.end());
    std::string place = rabit_number(rank) + rabit_number(links.parent) +
                        rabit_number(static_cast<std::int32_t>(links_.size())) +
                        rabit_number(static_cast<std::int32_t>(wanted.size()));
    for (const int neighbour : wanted) place += rabit_number(neighbour);
    for (const int in_ring : {links.previous, links.next}) {
      place += rabit_number(in_ring == rank ? -1 : in_ring);
      if (in_ring != rank) wanted.insert(in_ring);
    }
    CHECK_OK(send(worker->socket, place));
    while (true) {
      TRY(const bool connected, offer(*worker, wanted));
      if (connected) break;
    }
    if (worker->awaited > 0) waiting_[rank] = std::move(worker);
    return {};
  }

  // One round of it. False: some connections failed, and it asks again.
  Outcome<bool> offer(Worker& worker, const std::set<int>& wanted) {
    const auto read = reader(worker.socket);
    TRY(const std::int32_t good, read_rabit_number(read));
    if (good < 0 || static_cast<std::size_t>(good) > wanted.size()) return internal("a worker has too many links");
    std::set<int> missing = wanted;
    for (std::int32_t i = 0; i < good; ++i) {
      TRY(const std::int32_t rank, read_rabit_number(read));
      missing.erase(rank);
    }
    std::vector<int> there;
    for (const int rank : missing) {
      if (waiting_.contains(rank)) there.push_back(rank);
    }
    const auto others = static_cast<std::int32_t>(missing.size() - there.size());
    std::string text = rabit_number(static_cast<std::int32_t>(there.size())) + rabit_number(others);
    for (const int rank : there) {
      const Worker& peer = *waiting_.at(rank);
      text += rabit_text(peer.address) + rabit_number(peer.port) + rabit_number(rank);
    }
    CHECK_OK(send(worker.socket, text));
    TRY(const std::int32_t failed, read_rabit_number(read));
    if (failed != 0) return false;
    TRY(worker.port, read_rabit_number(read));
    worker.awaited = others;
    for (const int rank : there) {
      if (--waiting_.at(rank)->awaited <= 0) waiting_.erase(rank);
    }
    return true;
  }

  const Socket door_;
  Arrivals arrivals_;
  const std::vector<RabitLinks> links_;
  bool started_ = false;
  std::vector<std::unique_ptr<Worker>> pending_;
  std::map<int, std::unique_ptr<Worker>> waiting_;  // by rank: those that others have to connect to
  std::set<int> gone_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false, ending_ = false;
  const Socket* waited_for_ = nullptr;
};

Outcome<std::unique_ptr<RabitTracker>> RabitTracker::start(int workers, std::chrono::milliseconds goodbye) {
  TRY(Socket door, Socket::listen(0));
  TRY(const int port, door.port());
  auto service = std::make_unique<Service>(std::move(door), workers);
  return std::unique_ptr<RabitTracker>(new RabitTracker(std::move(service), port, goodbye));
}

RabitTracker::RabitTracker(std::unique_ptr<Service> service, int port, std::chrono::milliseconds goodbye)
    : service_(std::move(service)), port_(port), goodbye_(goodbye), thread_([this] { service_->run(); }) {}

RabitTracker::~RabitTracker() {
  service_->end(goodbye_);
  thread_.join();
}

}  // namespace clary::training
