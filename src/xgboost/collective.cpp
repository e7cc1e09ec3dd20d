#include "xgboost/collective.hpp"

#include <boost/json.hpp>
#include <vector>

#include "xgboost/booster.hpp"

namespace clary::xgboost {

namespace json = boost::json;

namespace {

constexpr int sum = 2;                        // of values, in every version
constexpr LibraryVersion new_names{2, 1, 0};  // of settings, and other numbers for types
constexpr int seconds_to_gather = 15 * 60;

std::string settings(const LibraryVersion& version, const TrackerPlace& tracker, int workers, const std::string& task) {
  json::object object;
  if (version >= new_names) {
    object = {{"dmlc_communicator", "rabit"},
              {"dmlc_tracker_uri", tracker.host},
              {"dmlc_tracker_port", tracker.port},
              {"dmlc_task_id", task},
              {"dmlc_timeout", seconds_to_gather}};
  } else {
    object = {{"xgboost_communicator", "rabit"},
              {"DMLC_TRACKER_URI", tracker.host},
              {"DMLC_TRACKER_PORT", std::to_string(tracker.port)},
              {"DMLC_NUM_WORKER", std::to_string(workers)},
              {"DMLC_TASK_ID", task}};
  }
  return json::serialize(object);
}

void join_rabit(const Functions& call, const TrackerPlace& tracker, int workers, const std::string& task) {
  std::vector<std::string> arguments{"DMLC_TRACKER_URI=" + tracker.host,
                                     "DMLC_TRACKER_PORT=" + std::to_string(tracker.port),
                                     "DMLC_NUM_WORKER=" + std::to_string(workers), "DMLC_TASK_ID=" + task};
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  call.rabit_init(static_cast<int>(pointers.size()), pointers.data());
}

}  // namespace

Outcome<std::unique_ptr<Collective>> Collective::join(std::shared_ptr<const Library> library,
                                                      const TrackerPlace& tracker, int workers,
                                                      const std::string& task) {
  const Functions& call = library->call();
  std::unique_ptr<Collective> joined(new Collective(library));
  if (call.communicator_init) {
    if (call.communicator_init(settings(library->version(), tracker, workers, task).c_str()))
      return library->last_error();
    joined->rank_ = call.communicator_rank();
    joined->size_ = call.communicator_size();
  } else if (call.rabit_init) {
    join_rabit(call, tracker, workers, task);
    joined->rank_ = call.rabit_rank();
    joined->size_ = call.rabit_size();
  }
  if (joined->size_ != workers) return internal("{} hosts have met, not {}", joined->size_, workers);
  return joined;
}

Collective::~Collective() {
  const Functions& call = library_->call();
  if (call.communicator_init) {
    call.communicator_finalize();
  } else if (call.rabit_init) {
    call.rabit_finalize();
  }
}

Outcome<void> Collective::average(std::span<double> values) {
  const Functions& call = library_->call();
  if (call.communicator_init) {
    const int doubles = library_->version() >= new_names ? 2 : 7;
    if (call.communicator_allreduce(values.data(), values.size(), doubles, sum)) return library_->last_error();
  } else {
    call.rabit_allreduce(values.data(), values.size(), 7, sum, nullptr, nullptr);
  }
  for (double& value : values) value /= size_;
  return {};
}

Outcome<void> Collective::start(Booster& booster) {
  const Functions& call = library_->call();
  int version = 0;
  if (!call.booster_load_checkpoint) return {};
  if (call.booster_load_checkpoint(booster.handle(), &version)) return library_->last_error();
  if (version != 0) return internal("a training that is {} steps old cannot be joined", version);
  return {};
}

Outcome<void> Collective::checkpoint(Booster& booster) {
  const Functions& call = library_->call();
  if (call.booster_save_checkpoint && call.booster_save_checkpoint(booster.handle())) return library_->last_error();
  return {};
}

Outcome<std::unique_ptr<Tracker>> Tracker::start(std::shared_ptr<const Library> library, const std::string& host,
                                                 int workers) {
  const Functions& call = library->call();
  if (!call.tracker_create) return make_error(ErrorKind::not_implemented, "This version has no tracker of its own.");
  const json::object object{
      {"dmlc_communicator", "rabit"}, {"host", host}, {"n_workers", workers}, {"port", 0}, {"sortby", 1},
      {"timeout", seconds_to_gather}};
  Handle handle = nullptr;
  if (call.tracker_create(json::serialize(object).c_str(), &handle)) return library->last_error();
  std::unique_ptr<Tracker> tracker(new Tracker(library, handle));
  if (call.tracker_run(handle, "{}")) return library->last_error();
  const char* text = nullptr;
  if (call.tracker_worker_arguments(handle, &text)) return library->last_error();
  boost::system::error_code code;
  const json::value value = json::parse(text, code);
  const json::object* arguments = code ? nullptr : value.if_object();
  const json::value* uri = arguments ? arguments->if_contains("dmlc_tracker_uri") : nullptr;
  const json::value* port = arguments ? arguments->if_contains("dmlc_tracker_port") : nullptr;
  if (!uri || !uri->is_string() || !port || !port->is_int64())
    return internal("the tracker does not say where it is: {}", text);
  tracker->place_ = {std::string(uri->get_string()), static_cast<int>(port->get_int64())};
  return tracker;
}

Tracker::~Tracker() {
  library_->call().tracker_free(handle_);
}

}  // namespace clary::xgboost
