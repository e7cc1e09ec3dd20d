#include "jobs/training_spec.hpp"

#include "jobs/json_members.hpp"

namespace clary::jobs {

std::string encode_spec(const TrainingSpec& spec) {
  json::array channels, metrics;
  for (const auto& channel : spec.channels) {
    json::object object{{"name", channel.name},
                        {"s3_data_type", channel.s3_data_type},
                        {"s3_uri", channel.s3_uri},
                        {"distribution", channel.distribution},
                        {"content_type", channel.content_type},
                        {"compression", channel.compression},
                        {"record_wrapper", channel.record_wrapper},
                        {"input_mode", channel.input_mode}};
    if (!channel.attribute_names.empty()) object["attribute_names"] = json_from(channel.attribute_names);
    if (channel.shuffle_seed) object["shuffle_seed"] = *channel.shuffle_seed;
    channels.push_back(std::move(object));
  }
  for (const auto& metric : spec.metrics) metrics.push_back({{"name", metric.name}, {"regex", metric.regex}});
  const json::object object{{"image", spec.image},
                            {"role_arn", spec.role_arn},
                            {"hyperparameters", json_from(spec.hyperparameters)},
                            {"channels", std::move(channels)},
                            {"output_path", spec.output_path},
                            {"output_compression", spec.output_compression},
                            {"instance_type", spec.instance_type},
                            {"instance_count", spec.instance_count},
                            {"instance_group", spec.instance_group},
                            {"volume_gb", spec.volume_gb},
                            {"max_runtime_seconds", spec.max_runtime_seconds},
                            {"metrics", std::move(metrics)},
                            {"environment", json_from(spec.environment)},
                            {"entrypoint", json_from(spec.entrypoint)},
                            {"arguments", json_from(spec.arguments)},
                            {"network_isolation", spec.network_isolation},
                            {"checkpoint_uri", spec.checkpoint_uri},
                            {"checkpoint_path", spec.checkpoint_path},
                            {"retry_attempts", spec.retry_attempts},
                            {"without_effect", json_from(spec.without_effect)}};
  return json::serialize(object);
}

Outcome<TrainingSpec> decode_spec(std::string_view text) {
  boost::system::error_code code;
  const json::value value = json::parse(text, code);
  if (code || !value.is_object()) return internal("the spec of a training job is not a JSON object");
  const Members members(&value);
  TrainingSpec spec;
  members.read("image", spec.image);
  members.read("role_arn", spec.role_arn);
  members.read("hyperparameters", spec.hyperparameters);
  members.each("channels", [&](const json::value& value) {
    Members from(&value);
    Channel& channel = spec.channels.emplace_back();
    from.read("name", channel.name);
    from.read("s3_data_type", channel.s3_data_type);
    from.read("s3_uri", channel.s3_uri);
    from.read("distribution", channel.distribution);
    from.read("content_type", channel.content_type);
    from.read("compression", channel.compression);
    from.read("record_wrapper", channel.record_wrapper);
    from.read("input_mode", channel.input_mode);
    from.read("attribute_names", channel.attribute_names);
    from.read("shuffle_seed", channel.shuffle_seed);
  });
  members.read("output_path", spec.output_path);
  members.read("output_compression", spec.output_compression);
  members.read("instance_type", spec.instance_type);
  members.read("instance_count", spec.instance_count);
  members.read("instance_group", spec.instance_group);
  members.read("volume_gb", spec.volume_gb);
  members.read("max_runtime_seconds", spec.max_runtime_seconds);
  members.each("metrics", [&](const json::value& value) {
    Members from(&value);
    MetricDefinition& metric = spec.metrics.emplace_back();
    from.read("name", metric.name);
    from.read("regex", metric.regex);
  });
  members.read("environment", spec.environment);
  members.read("entrypoint", spec.entrypoint);
  members.read("arguments", spec.arguments);
  members.read("network_isolation", spec.network_isolation);
  members.read("checkpoint_uri", spec.checkpoint_uri);
  members.read("checkpoint_path", spec.checkpoint_path);
  members.read("retry_attempts", spec.retry_attempts);
  members.read("without_effect", spec.without_effect);
  return spec;
}

}  // namespace clary::jobs
