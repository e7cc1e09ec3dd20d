#include "training/algorithm.hpp"

#include <boost/json.hpp>
#include <map>

#include "io/file.hpp"
#include "training/boosting.hpp"
#include "training/channels.hpp"
#include "training/failure.hpp"
#include "training/hosts.hpp"
#include "training/say.hpp"

namespace clary::training {

namespace json = boost::json;

namespace {

void take_log(const char* message) {
  say_line(message);
}

Outcome<json::value> read_json(const std::string& path) {
  TRY(const std::string text, io::read_file(path));
  boost::system::error_code code;
  json::value value = json::parse(text, code);
  if (code || !value.is_object()) return algorithm_failure("{} is not a JSON object", path);
  return value;
}

Outcome<std::map<std::string, std::string>> read_given(const std::string& path) {
  TRY(const json::value value, read_json(path));
  std::map<std::string, std::string> given;
  for (const auto& [name, member] : value.get_object()) {
    if (!member.is_string()) continue;
    std::string text(member.get_string());
    // The SDKs' framework estimators write JSON: "\"binary:logistic\"", "\"5\"".
    boost::system::error_code code;
    const json::value inner = json::parse(text, code);
    if (!code && inner.is_string()) text = inner.get_string();
    // What their plumbing adds is none of the algorithm's.
    if (!name.starts_with("sagemaker_")) given[std::string(name)] = std::move(text);
  }
  return given;
}

Outcome<std::string> checkpoint_folder(const std::string& config) {
  const std::string path = config + "/checkpointconfig.json";
  if (!io::exists(path)) return std::string();
  TRY(const json::value value, read_json(path));
  const auto* local = value.get_object().if_contains("LocalPath");
  return local != nullptr && local->is_string() ? std::string(local->get_string()) : std::string();
}

struct Data {
  std::optional<Rows> train, validation;
  bool validates = false;  // a channel of that name is there
};

Outcome<Data> read_data(const std::string& prefix, const Hyperparameters& asked) {
  TRY(const std::string text, io::read_file(prefix + "/input/config/inputdataconfig.json"));
  TRY(const auto channels, read_channels(text));
  const ChannelConfig& train = channels.at("train");
  TRY(const Content content, content_of(train.content_type));
  const Reading reading{.content = content, .csv_weights = asked.csv_weights};
  Data data{.validates = channels.contains("validation")};
  TRY(data.train, read_channel(prefix + "/input/data/train", reading));
  if (data.validates) {
    TRY(data.validation, read_channel(prefix + "/input/data/validation", reading));
  }
  return data;
}

}  // namespace

Outcome<void> train(const Settings& settings, Termination& termination) {
  say("Running XGBoost Sagemaker in algorithm mode");
  const std::string config = settings.prefix + "/input/config";
  TRY(const auto given, read_given(config + "/hyperparameters.json"));
  TRY(const Hyperparameters asked, read_hyperparameters(given));
  TRY(const std::string checkpoints, checkpoint_folder(config));
  TRY(Data data, read_data(settings.prefix, asked));
  TRY(const std::string path, xgboost::library_in(settings.environment));
  TRY(const auto library, xgboost::Library::load(path));
  CHECK_OK(library->send_log_to(take_log));
  TRY(const std::string resources, io::read_file(config + "/resourceconfig.json"));
  TRY(const Hosts hosts, read_hosts(resources));
  BoostingJob job{
      .library = library, .asked = asked, .model_folder = settings.prefix + "/model", .checkpoint_folder = checkpoints};
  if (hosts.names.size() == 1) {
    if (!data.train) return user_error("No data in training channel path {}/input/data/train", settings.prefix);
    if (data.validates && !data.validation)
      return user_error("No data in validation channel path {}/input/data/validation", settings.prefix);
    say("Single node training.");
    job.train = *std::move(data.train);
    job.validation = std::move(data.validation);
    return boost(std::move(job), termination);
  }
  say("Distributed node training with {} hosts", hosts.names.size());
  const bool takes_part = data.train && (!data.validates || data.validation);
  TRY(Gathered gathered, gather(hosts, library, takes_part));
  if (!gathered.takes_part) {
    say("Host {} does not have {} data. It will not be used in distributed training. Please divide the data across "
        "instances "
        "properly.",
        hosts.current, data.train ? "validation" : "training");
    return {};
  }
  job.train = *std::move(data.train);
  job.validation = std::move(data.validation);
  job.collective = gathered.collective.get();
  auto done = boost(std::move(job), termination);
  if (!done) {
    if (done.error().code == algorithm_error && gathered.collective) termination.give_it_time(std::chrono::seconds(3));
    // To leave in good order would be to wait for hosts that wait for this one.
    new Gathered(std::move(gathered));
  }
  return done;
}

}  // namespace clary::training
