#include "workers/slots.hpp"

#include <algorithm>
#include <list>
#include <mutex>
#include <vector>

namespace clary::workers {
namespace {

std::string cpus_text(double cpus) {
  std::string text = cpus == static_cast<int>(cpus) ? fmt::format("{:.0f}", cpus) : fmt::format("{:.1f}", cpus);
  return text + (cpus == 1 ? " CPU" : " CPUs");
}

std::string gib_text(std::uint64_t bytes) {
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1 << 30));
}

// Halves and thirds of CPUs need not add up exactly.
constexpr double tolerance = 1e-6;

}  // namespace

struct Slots::State {
  struct Asked {
    Share share;
    std::function<void()> granted;
    bool running = false;
  };
  explicit State(Share host) : total(host) { used.cpus = 0; }

  bool fits(const Share& share) const {
    return used.cpus + share.cpus <= total.cpus + tolerance && used.memory + share.memory <= total.memory &&
           used.gpus + share.gpus <= total.gpus;
  }
  // Grants from the head of the queue only: a large request is never overtaken for ever.
  std::vector<std::function<void()>> grant() {
    std::vector<std::function<void()>> granted;
    for (; !queue.empty() && fits(queue.front()->share); queue.pop_front()) {
      Asked& next = *queue.front();
      next.running = true;
      used.cpus += next.share.cpus;
      used.memory += next.share.memory;
      used.gpus += next.share.gpus;
      granted.push_back(std::move(next.granted));
    }
    return granted;
  }

  std::mutex mutex;
  Share total, used;
  std::list<std::shared_ptr<Asked>> queue;
};

class Slots::Ticket {
 public:
  Ticket(std::shared_ptr<State> state, std::shared_ptr<State::Asked> asked)
      : state_(std::move(state)), asked_(std::move(asked)) {}
  ~Ticket() {
    std::vector<std::function<void()>> granted;
    {
      std::lock_guard lock(state_->mutex);
      if (asked_->running) {
        state_->used.cpus = std::max(0.0, state_->used.cpus - asked_->share.cpus);
        state_->used.memory -= asked_->share.memory;
        state_->used.gpus -= asked_->share.gpus;
      } else {
        state_->queue.remove(asked_);
      }
      granted = state_->grant();
    }
    for (const auto& callback : granted) callback();
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

 private:
  friend class Slots;
  const std::shared_ptr<State> state_;
  const std::shared_ptr<State::Asked> asked_;
};

Slots::Slots(Share host) : state_(std::make_shared<State>(host)) {}

std::shared_ptr<Slots::Ticket> Slots::ask(Share share, std::function<void()> granted) {
  // What the host could never give is cut to all of it, so that nothing waits for ever.
  share.cpus = std::clamp(share.cpus, 0.0, state_->total.cpus);
  share.memory = std::min(share.memory, state_->total.memory);
  share.gpus = std::min(share.gpus, state_->total.gpus);
  auto asked = std::make_shared<State::Asked>(State::Asked{share, std::move(granted)});
  auto ticket = std::make_shared<Ticket>(state_, asked);
  std::vector<std::function<void()>> now;
  {
    std::lock_guard lock(state_->mutex);
    state_->queue.push_back(asked);
    now = state_->grant();
  }
  for (const auto& callback : now) callback();
  return ticket;
}

std::string Slots::waits_for(const Ticket& ticket) const {
  std::lock_guard lock(state_->mutex);
  if (ticket.asked_->running) return {};
  const Share& share = ticket.asked_->share;
  std::vector<std::string> lacks;
  if (state_->used.cpus + share.cpus > state_->total.cpus + tolerance) {
    lacks.push_back(fmt::format("{}: {:.3g} of {:.3g} free", cpus_text(share.cpus),
                                state_->total.cpus - state_->used.cpus, state_->total.cpus));
  }
  if (state_->used.memory + share.memory > state_->total.memory) {
    lacks.push_back(fmt::format("{} of memory: {} of {} free", gib_text(share.memory),
                                gib_text(state_->total.memory - state_->used.memory), gib_text(state_->total.memory)));
  }
  if (state_->used.gpus + share.gpus > state_->total.gpus) {
    lacks.push_back(fmt::format("{} {}: {} of {} free", share.gpus, share.gpus == 1 ? "GPU" : "GPUs",
                                state_->total.gpus - state_->used.gpus, state_->total.gpus));
  }
  const auto place = std::find(state_->queue.begin(), state_->queue.end(), ticket.asked_);
  const auto before = std::distance(state_->queue.begin(), place);
  std::string text =
      "waiting for " + (lacks.empty() ? std::string("its turn") : fmt::format("{}", fmt::join(lacks, ", ")));
  if (before > 0) text += fmt::format("; {} {} before it", before, before == 1 ? "job is" : "jobs are");
  return text;
}

Slots::Use Slots::use() const {
  std::lock_guard lock(state_->mutex);
  return {state_->total, state_->used, state_->queue.size()};
}

}  // namespace clary::workers
