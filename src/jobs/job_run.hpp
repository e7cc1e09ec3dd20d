// One unfinished job in this process: its state and what it holds. Owned by the machine's table; callbacks from
// elsewhere hold it weakly. Thread rule: `state` and `scraper` under `mutex`; the members below `serial` are touched on
// it alone, or by the transfers that it waits for (while hosts are prepared, each by its own), but for the flags and the
// news. Invariant: `state` is what the store has;
// nobody is told more.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "jobs/job_kind.hpp"
#include "jobs/job_state.hpp"
#include "jobs/metric_scraper.hpp"
#include "jobs/work_pool.hpp"
#include "runtimes/environments.hpp"
#include "workers/launcher.hpp"
#include "workers/output.hpp"
#include "workers/slots.hpp"

namespace clary::jobs {

struct HostRun {
  Host host;
  std::shared_ptr<workers::Worker> worker;
  std::unique_ptr<workers::OutputFollower> follower;
  std::unique_ptr<Companion> companion;
  bool over = false;  // its exit was taken in

  // Asks the worker to end, once: again only to leave it less time.
  void stop(std::chrono::milliseconds grace) {
    if (!worker || over || (grace_ && *grace_ <= grace)) return;
    grace_ = grace;
    worker->stop(grace);
  }

 private:
  std::optional<std::chrono::milliseconds> grace_;
};

struct Run {
  Run(JobState initial, std::shared_ptr<const Task> of, std::shared_ptr<WorkPool> pool)
      : id(initial.job.id),
        task(std::move(of)),
        kind(task->kind()),
        demand(task->demand()),
        state(std::move(initial)),
        scraper(demand.metrics, state.job.final_metrics),
        serial(std::make_shared<Serial>(std::move(pool))) {}

  const std::int64_t id;
  const std::shared_ptr<const Task> task;
  const JobKind& kind;
  const Demand demand;

  std::mutex mutex;
  JobState state;
  MetricScraper scraper;
  JobState snapshot() {
    std::lock_guard lock(mutex);
    return state;
  }

  std::shared_ptr<Serial> serial;
  enum class Step { clearing, environment, slot, inputs, working, outputs, over };
  std::atomic<Step> step{Step::environment};
  std::optional<runtimes::Environment> environment;
  workers::Share share;  // of each host
  std::shared_ptr<workers::Slots::Ticket> ticket;
  std::vector<HostRun> hosts;  // of this attempt; as many, and the same, from begin() on
  std::size_t unprepared = 0;
  std::optional<Error> preparing_failed;  // the first error
  std::vector<std::size_t> failed;        // hosts, in the order in which they were seen to have failed
  std::shared_ptr<void> settling;         // until it is known which of them is the cause
  std::shared_ptr<void> deadline;
  std::shared_ptr<void> metric_files;  // when they are looked at again

  std::atomic<bool> stop_asked{false};  // ends downloads
  std::atomic<bool> given_up{false};    // another host's preparation has failed: the same

  // Lines of an environment in the making, on their way to the log.
  std::mutex news_mutex;
  std::vector<workers::Line> news;
};

using RunPtr = std::shared_ptr<Run>;

}  // namespace clary::jobs
