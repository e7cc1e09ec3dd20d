#include "jobs/processing_spec.hpp"

#include "jobs/json_members.hpp"

namespace clary::jobs {

namespace {

ProcessingInput to_input(const Members& from) {
  ProcessingInput input;
  from.read("name", input.name);
  from.read("s3_uri", input.s3_uri);
  from.read("local_path", input.local_path);
  from.read("s3_data_type", input.s3_data_type);
  from.read("input_mode", input.input_mode);
  from.read("distribution", input.distribution);
  from.read("compression", input.compression);
  from.read("app_managed", input.app_managed);
  return input;
}

ProcessingOutput to_output(const Members& from) {
  ProcessingOutput output;
  from.read("name", output.name);
  from.read("s3_uri", output.s3_uri);
  from.read("local_path", output.local_path);
  from.read("upload_mode", output.upload_mode);
  from.read("app_managed", output.app_managed);
  return output;
}

}  // namespace

std::string encode_spec(const ProcessingSpec& spec) {
  json::array inputs, outputs;
  for (const auto& input : spec.inputs) {
    inputs.push_back({{"name", input.name},
                      {"s3_uri", input.s3_uri},
                      {"local_path", input.local_path},
                      {"s3_data_type", input.s3_data_type},
                      {"input_mode", input.input_mode},
                      {"distribution", input.distribution},
                      {"compression", input.compression},
                      {"app_managed", input.app_managed}});
  }
  for (const auto& output : spec.outputs) {
    outputs.push_back({{"name", output.name},
                       {"s3_uri", output.s3_uri},
                       {"local_path", output.local_path},
                       {"upload_mode", output.upload_mode},
                       {"app_managed", output.app_managed}});
  }
  const json::object object{{"image", spec.image},
                            {"entrypoint", json_from(spec.entrypoint)},
                            {"arguments", json_from(spec.arguments)},
                            {"role_arn", spec.role_arn},
                            {"environment", json_from(spec.environment)},
                            {"inputs", std::move(inputs)},
                            {"outputs", std::move(outputs)},
                            {"instance_type", spec.instance_type},
                            {"instance_count", spec.instance_count},
                            {"volume_gb", spec.volume_gb},
                            {"max_runtime_seconds", spec.max_runtime_seconds},
                            {"network_isolation", spec.network_isolation},
                            {"without_effect", json_from(spec.without_effect)}};
  return json::serialize(object);
}

Outcome<ProcessingSpec> decode_processing_spec(std::string_view text) {
  boost::system::error_code code;
  const json::value value = json::parse(text, code);
  if (code || !value.is_object()) return internal("the spec of a processing job is not a JSON object");
  const Members members(&value);
  ProcessingSpec spec;
  members.read("image", spec.image);
  members.read("entrypoint", spec.entrypoint);
  members.read("arguments", spec.arguments);
  members.read("role_arn", spec.role_arn);
  members.read("environment", spec.environment);
  members.each("inputs", [&](const json::value& input) { spec.inputs.push_back(to_input(Members(&input))); });
  members.each("outputs", [&](const json::value& output) { spec.outputs.push_back(to_output(Members(&output))); });
  members.read("instance_type", spec.instance_type);
  members.read("instance_count", spec.instance_count);
  members.read("volume_gb", spec.volume_gb);
  members.read("max_runtime_seconds", spec.max_runtime_seconds);
  members.read("network_isolation", spec.network_isolation);
  members.read("without_effect", spec.without_effect);
  return spec;
}

}  // namespace clary::jobs
