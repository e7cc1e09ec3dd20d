#include "jobs/processing_files.hpp"

#include <boost/json.hpp>

#include "base/bytes.hpp"

namespace clary::jobs {

namespace {

namespace json = boost::json;

json::object object_of(std::string_view document) {
  boost::system::error_code code;
  json::value value = json::parse(document, code);
  return !code && value.is_object() ? std::move(value.get_object()) : json::object();
}

void add_missing(json::value* to, std::initializer_list<std::pair<std::string_view, json::value>> members) {
  if (to == nullptr || !to->is_object()) return;
  for (const auto& [name, value] : members) to->get_object().emplace(name, value);
}

void add_to_inputs(json::object& config) {
  auto* inputs = config.if_contains("ProcessingInputs");
  if (inputs == nullptr || !inputs->is_array()) return;
  for (auto& input : inputs->get_array()) {
    add_missing(&input, {{"AppManaged", false}});
    if (!input.is_object()) continue;
    add_missing(input.get_object().if_contains("S3Input"), {{"S3InputMode", "File"},
                                                            {"S3DataDistributionType", "FullyReplicated"},
                                                            {"S3CompressionType", "None"},
                                                            {"S3DownloadMode", "StartOfJob"}});
  }
}

void add_to_outputs(json::object& config) {
  auto* group = config.if_contains("ProcessingOutputConfig");
  add_missing(group, {{"KmsKeyId", nullptr}});
  if (group == nullptr || !group->is_object()) return;
  auto* outputs = group->get_object().if_contains("Outputs");
  if (outputs == nullptr || !outputs->is_array()) return;
  for (auto& output : outputs->get_array()) add_missing(&output, {{"AppManaged", false}});
}

// A file that was read in part may end within a character.
std::string_view without_broken_end(std::string_view text) {
  if (text.size() < exit_message_read_size) return text;
  for (int cut = 0; cut < 4; ++cut) {
    const auto shorter = text.substr(0, text.size() - static_cast<std::size_t>(cut));
    if (is_valid_utf8(shorter)) return shorter;
  }
  return text;
}

std::string cut(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (text[limit] & 0xC0) == 0x80) --limit;
  text.resize(limit);
  return text;
}

}  // namespace

std::string processing_job_config_json(const ProcessingJob& job) {
  json::object config{{"ProcessingJobArn", job.arn}, {"ProcessingJobName", job.name}};
  for (auto& [name, value] : object_of(job.document)) {
    // What the service keeps for itself begins with a dash; AWS leaves the tags out.
    if (!name.starts_with('-') && name != "Tags") config[name] = std::move(value);
  }
  json::value all(std::move(config));
  add_missing(&all, {{"Environment", json::object()},
                     {"ProcessingInputs", json::array()},
                     {"ProcessingOutputConfig", {{"Outputs", json::array()}}},
                     {"NetworkConfig", nullptr},
                     {"ExperimentConfig", nullptr},
                     {"StoppingCondition", {{"MaxRuntimeInSeconds", 86400}}}});
  auto& object = all.get_object();
  add_missing(object.if_contains("AppSpecification"),
              {{"ContainerEntrypoint", nullptr}, {"ContainerArguments", nullptr}});
  if (auto* resources = object.if_contains("ProcessingResources"); resources != nullptr && resources->is_object())
    add_missing(resources->get_object().if_contains("ClusterConfig"), {{"VolumeKmsKeyId", nullptr}});
  add_to_inputs(object);
  add_to_outputs(object);
  return json::serialize(all);
}

std::string processing_resource_config_json(const std::string& current_host, const std::vector<std::string>& hosts) {
  const json::object object{{"current_host", current_host}, {"hosts", json::array(hosts.begin(), hosts.end())}};
  return json::serialize(object);
}

Outcome<std::string> exit_message(const std::vector<std::string>& messages) {
  std::string all;
  for (const auto& message : messages) {
    const auto text = without_broken_end(message);
    if (!is_valid_utf8(text))
      return validation("The file /opt/ml/output/message of the processing container is not UTF-8 encoded.");
    all += text;
  }
  return cut(std::move(all), longest_exit_message);
}

}  // namespace clary::jobs
