#include "jobs/training_files.hpp"

#include <boost/json.hpp>

namespace clary::jobs {

namespace json = boost::json;

std::string hyperparameters_json(const TrainingSpec& spec) {
  json::object object;
  for (const auto& [name, value] : spec.hyperparameters) object[name] = value;
  return json::serialize(object);
}

std::string input_data_config_json(const TrainingSpec& spec) {
  json::object object;
  for (const auto& channel : spec.channels) {
    json::object config{{"TrainingInputMode", channel.input_mode},
                        {"S3DistributionType", channel.distribution},
                        {"RecordWrapperType", channel.record_wrapper}};
    if (!channel.content_type.empty()) config["ContentType"] = channel.content_type;
    object[channel.name] = std::move(config);
  }
  return json::serialize(object);
}

std::string checkpoint_config_json(const TrainingSpec& spec) {
  const json::object object{{"LocalPath", spec.checkpoint_path}, {"S3Uri", spec.checkpoint_uri}};
  return json::serialize(object);
}

std::string resource_config_json(const TrainingSpec& spec, const std::string& current_host,
                                 const std::vector<std::string>& hosts) {
  const std::string& group = spec.instance_group;
  const json::array names(hosts.begin(), hosts.end());
  json::object group_of_all{{"instance_group_name", group}, {"instance_type", spec.instance_type}, {"hosts", names}};
  json::array groups;
  groups.push_back(std::move(group_of_all));
  json::object object{{"current_host", current_host},
                      {"current_instance_type", spec.instance_type},
                      {"current_group_name", group},
                      {"hosts", names},
                      {"instance_groups", std::move(groups)},
                      // A host on its own has no other in its sandbox.
                      {"network_interface_name", hosts.size() > 1 ? "eth0" : "lo"}};
  return json::serialize(object);
}

}  // namespace clary::jobs
