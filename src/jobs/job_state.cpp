#include "jobs/job_state.hpp"

#include <algorithm>

#include "jobs/json_members.hpp"

namespace clary::jobs {

namespace {

constexpr std::pair<Ending, std::string_view> endings[] = {{Ending::none, ""},
                                                           {Ending::completed, "completed"},
                                                           {Ending::failed, "failed"},
                                                           {Ending::stopped, "stopped"},
                                                           {Ending::max_runtime, "max_runtime"}};

std::string_view spell(Ending ending) {
  for (const auto& [value, word] : endings) {
    if (value == ending) return word;
  }
  return "";
}

Ending parse_ending(std::string_view word) {
  for (const auto& [value, spelt] : endings) {
    if (spelt == word) return value;
  }
  return Ending::none;
}

void put(json::object& object, std::string_view name, const std::optional<Time>& time) {
  if (time) object[name] = time->micros;
}

void put(json::object& object, std::string_view name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

json::array from_transitions(const std::vector<Transition>& transitions) {
  json::array array;
  for (const auto& transition : transitions) {
    json::object object{
        {"status", transition.status}, {"message", transition.message}, {"started", transition.started.micros}};
    put(object, "ended", transition.ended);
    array.push_back(std::move(object));
  }
  return array;
}

void read_job(const Members& members, Job& job) {
  members.read("secondary_status", job.secondary_status);
  members.read("failure_reason", job.failure_reason);
  members.read("started", job.started);
  members.read("ended", job.ended);
  members.read("model_artifact", job.model_artifact);
  members.read("exit_message", job.exit_message);
  members.read("creator_arn", job.creator.arn);
  members.read("creator_principal", job.creator.principal);
  members.each("transitions", [&](const json::value& value) {
    Members from(&value);
    Transition& transition = job.transitions.emplace_back();
    from.read("status", transition.status);
    from.read("message", transition.message);
    from.read("started", transition.started);
    from.read("ended", transition.ended);
  });
  members.each("final_metrics", [&](const json::value& value) {
    Members from(&value);
    MetricValue& metric = job.final_metrics.emplace_back();
    from.read("name", metric.name);
    from.read("value", metric.value);
    from.read("time", metric.time);
  });
}

void read_hosts(const Members& members, JobState& state) {
  members.each("hosts", [&](const json::value& value) {
    Members from(&value);
    HostState& host = state.hosts.emplace_back();
    from.read("log_stream", host.log_stream);
    from.read("output_offset", host.output_offset);
    from.read("metric_offsets", host.metric_offsets);
    from.read("progress", host.progress);
  });
  if (!state.hosts.empty()) return;
  // Of a server that ran jobs on one host only.
  HostState& only = state.hosts.emplace_back();
  members.read("log_stream", only.log_stream);
  members.read("output_offset", only.output_offset);
}

Job from_columns(const meta::Record& record) {
  Job job;
  job.id = record.id;
  job.scope = record.scope;
  job.name = record.name;
  job.arn = record.arn;
  job.status = record.status;
  job.created = record.created;
  job.modified = record.modified;
  job.document = record.document;
  return job;
}

}  // namespace

std::string encode_state(const JobState& state) {
  const Job& job = state.job;
  json::array metrics, hosts;
  for (const auto& metric : job.final_metrics) {
    metrics.push_back({{"name", metric.name}, {"value", metric.value}, {"time", metric.time.micros}});
  }
  for (const auto& host : state.hosts) {
    json::object object{{"log_stream", host.log_stream}, {"output_offset", host.output_offset}};
    if (!host.metric_offsets.empty()) object["metric_offsets"] = json::value_from(host.metric_offsets);
    put(object, "progress", host.progress);
    hosts.push_back(std::move(object));
  }
  json::object object{{"secondary_status", job.secondary_status},
                      {"transitions", from_transitions(job.transitions)},
                      {"final_metrics", std::move(metrics)},
                      {"hosts", std::move(hosts)}};
  put(object, "started", job.started);
  put(object, "ended", job.ended);
  put(object, "failure_reason", job.failure_reason);
  put(object, "model_artifact", job.model_artifact);
  put(object, "exit_message", job.exit_message);
  put(object, "creator_arn", job.creator.arn);
  put(object, "creator_principal", job.creator.principal);
  if (state.ending != Ending::none) object["ending"] = spell(state.ending);
  if (state.attempt > 0) object["attempt"] = state.attempt;
  if (state.launching) object["launching"] = true;
  if (state.failed_host) object["failed_host"] = *state.failed_host;
  // The spec never changes and may be large: it is not taken apart at every step.
  return R"({"spec":)" + (state.spec ? *state.spec : "{}") + "," + json::serialize(object).substr(1);
}

Outcome<JobState> decode_state(const meta::Record& record) {
  boost::system::error_code code;
  const json::value value = json::parse(record.state, code);
  if (code || !value.is_object()) return internal("the state of {} is not a JSON object", record.arn);
  JobState state;
  state.job = from_columns(record);
  const Members members(&value);
  const json::value* spec = members.find("spec");
  state.spec = std::make_shared<const std::string>(spec != nullptr ? json::serialize(*spec) : "{}");
  read_job(members, state.job);
  read_hosts(members, state);
  std::string ending;
  members.read("ending", ending);
  state.ending = parse_ending(ending);
  members.read("attempt", state.attempt);
  members.read("launching", state.launching);
  members.read("failed_host", state.failed_host);
  if (state.failed_host && *state.failed_host >= state.hosts.size()) state.failed_host.reset();
  return state;
}

Job decode_job(const meta::Record& record) {
  Job job = from_columns(record);
  boost::system::error_code code;
  const json::value value = json::parse(record.state, code);
  if (!code) read_job(Members(&value), job);
  return job;
}

meta::Record to_record(const JobState& state, std::string_view kind) {
  meta::Record record;
  record.id = state.job.id;
  record.kind = kind;
  record.scope = state.job.scope;
  record.name = state.job.name;
  record.arn = state.job.arn;
  record.status = state.job.status;
  record.created = state.job.created;
  record.modified = state.job.modified;
  record.document = state.job.document;
  record.state = encode_state(state);
  return record;
}

void enter(JobState& state, std::string_view secondary, std::string_view message, Time now) {
  Job& job = state.job;
  job.secondary_status = secondary;
  // A clock that was set back makes no status end before it began.
  if (!job.transitions.empty()) now = std::max(now, job.transitions.back().started);
  if (!job.transitions.empty() && job.transitions.back().status == secondary) {
    job.transitions.back().message = message;
    return;
  }
  if (!job.transitions.empty() && !job.transitions.back().ended) job.transitions.back().ended = now;
  job.transitions.push_back({std::string(secondary), std::string(message), now, std::nullopt});
}

}  // namespace clary::jobs
