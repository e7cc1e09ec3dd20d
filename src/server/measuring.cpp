#include "server/measuring.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

#include "base/log.hpp"
#include "meta/data_points.hpp"
#include "services/sagemaker/endpoint_metrics.hpp"
#include "services/sagemaker/job_host_metrics.hpp"

namespace clary::server {

namespace {

const log::Channel measuring_log_{"measuring"};

constexpr std::int64_t second = 1'000'000, minute = 60 * second;
constexpr std::int64_t period = 5 * second;
// Slots that stay as they are are told again this often: who looks for the newest figure has to look back so far.
constexpr std::int64_t told_again = 5 * minute;

// To the next look, none of which reaches over the end of a minute: CloudWatch sums up by minutes.
std::chrono::microseconds pause_from(Time now) { return std::chrono::microseconds(std::min(period, minute - now.micros % minute)); }

class SlotMetrics {
 public:
  explicit SlotMetrics(const Measured& measured) : measured_(measured) {}

  Outcome<void> store(Time now) {
    const workers::Slots::Use use = measured_.slots.use();
    std::vector<std::pair<const char*, meta::Datum>> news;
    auto tell = [&](const char* name, double value, const char* unit) {
      auto [known, is_new] = told_.try_emplace(name);
      if (!is_new && known->second.value == value && now.micros - known->second.time.micros < told_again) return;
      news.emplace_back(name, meta::datum_of(now, value, unit));
      news.back().second.each_second = true;
    };
    tell("SlotCPUs", use.total.cpus, "Count");
    tell("SlotCPUsUsed", use.used.cpus, "Count");
    tell("SlotMemory", static_cast<double>(use.total.memory), "Bytes");
    tell("SlotMemoryUsed", static_cast<double>(use.used.memory), "Bytes");
    if (use.total.gpus > 0) {
      tell("SlotGPUs", use.total.gpus, "Count");
      tell("SlotGPUsUsed", use.used.gpus, "Count");
    }
    tell("JobsWaiting", static_cast<double>(use.waiting), "Count");
    if (news.empty()) return {};
    CHECK_OK(measured_.parts.store.write([&](meta::Session& session) -> Outcome<void> {
      for (const auto& [name, datum] : news) CHECK_OK(meta::put(session, measured_.scope, {"Clary", name, {}}, {&datum, 1}));
      return {};
    }));
    for (const auto& [name, datum] : news) told_[name] = {datum.sum, now};
    return {};
  }

 private:
  struct Told {
    double value = 0;
    Time time;
  };
  const Measured& measured_;
  std::map<std::string_view, Told> told_;
};

}  // namespace

void keep_measuring(const Measured& measured, const std::stop_token& stop) {
  services::sagemaker::EndpointMetrics endpoints(measured.parts);
  services::sagemaker::JobHostMetrics hosts(measured.parts.store, measured.host_uses);
  SlotMetrics slots(measured);
  std::mutex mutex;
  std::condition_variable_any stopping;
  std::unique_lock lock(mutex);
  Time since = measured.parts.clock.now();
  for (bool last = false; !last; last = stop.stop_requested()) {
    if (auto done = slots.store(measured.parts.clock.now()); !done) measuring_log_.error("the slots' metrics: {}", done.error().detail);
    stopping.wait_for(lock, stop, pause_from(measured.parts.clock.now()), [] { return false; });
    const Time now = measured.parts.clock.now();
    if (auto done = endpoints.store(since); !done) measuring_log_.error("the endpoints' metrics: {}", done.error().detail);
    if (auto done = hosts.store(now); !done) measuring_log_.error("the metrics of jobs' hosts: {}", done.error().detail);
    since = now;
  }
}

}  // namespace clary::server
