#include "serving/replica_log.hpp"

#include "serving/log.hpp"
#include "serving/model_error.hpp"

namespace clary::serving {

namespace {
constexpr std::size_t kept_lines = 40;
}  // namespace

struct ReplicaLog::Sink {
  std::shared_ptr<meta::Store> store;
  meta::LogStore& logs;
  Scope scope;
  std::string group, stream, worker;
  mutable std::mutex mutex;
  std::deque<std::string> last;

  bool take(const std::vector<workers::Line>& lines, std::uint64_t offset) {
    std::vector<meta::LogEvent> events;
    events.reserve(lines.size());
    for (const auto& line : lines) events.push_back({line.time.millis(), 0, line.text});
    auto stored = store->write([&](meta::Session& session) -> Outcome<void> {
      CHECK_OK(logs.append(session, scope, group, stream, events));
      return set_consumed(session, worker, offset);
    });
    if (!stored) {
      log_.warn("output of {} could not be stored: {}", worker, stored.error().detail);
      return false;
    }
    std::lock_guard lock(mutex);
    for (const auto& line : lines) last.push_back(line.text);
    while (last.size() > kept_lines) last.pop_front();
    return true;
  }
};

ReplicaLog::ReplicaLog(std::shared_ptr<meta::Store> store, meta::LogStore& logs, Scope scope, std::string endpoint,
                       const ReplicaRow& row, const std::string& output_path)
    : sink_(new Sink{
          std::move(store), logs, std::move(scope), log_group_of(endpoint), row.stream, row.worker(), {}, {}}) {
  follower_ = workers::OutputFollower::start(
      output_path, row.consumed,
      [sink = sink_](std::vector<workers::Line> lines, std::uint64_t offset) { return sink->take(lines, offset); });
}

void ReplicaLog::finish() {
  follower_->finish();
}

std::string ReplicaLog::tail(std::size_t limit) const {
  std::lock_guard lock(sink_->mutex);
  std::string text;
  for (auto line = sink_->last.rbegin(); line != sink_->last.rend(); ++line) {
    if (line->empty()) continue;
    if (text.size() + line->size() + 1 > limit) break;
    text = text.empty() ? *line : *line + '\n' + text;
  }
  return text;
}

}  // namespace clary::serving
