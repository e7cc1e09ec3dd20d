#include "jobs/json_members.hpp"
#include "jobs/s3_uri.hpp"
#include "jobs/transform_job.hpp"

namespace clary::jobs {

namespace {

constexpr std::int64_t most_payload_mb = 100;  // and of all that are under way together

Outcome<void> check_payload(const TransformSpec& spec) {
  const std::int64_t payload = spec.max_payload_mb.value_or(6), concurrent = spec.max_concurrent.value_or(0);
  if (payload > most_payload_mb)
    return validation("The value of MaxPayloadInMB cannot be greater than {} MB.", most_payload_mb);
  if (concurrent > 0 && spec.max_payload_mb && payload > most_payload_mb / concurrent) {
    return validation("The value of (MaxConcurrentTransforms * MaxPayloadInMB) cannot exceed {} MB.", most_payload_mb);
  }
  return {};
}

}  // namespace

Outcome<void> check_transform_spec(const TransformSpec& spec) {
  if (spec.s3_data_type != "S3Prefix" && spec.s3_data_type != "ManifestFile") {
    return validation("S3DataType {} is not supported by transform jobs; S3Prefix and ManifestFile are.",
                      spec.s3_data_type);
  }
  for (const auto& uri : {spec.input_uri, spec.output_path}) {
    if (auto parsed = parse_s3_uri(uri); !parsed) return std::move(parsed).error();
  }
  if (!spec.capture_uri.empty()) {
    if (auto parsed = parse_s3_uri(spec.capture_uri); !parsed) return std::move(parsed).error();
  }
  CHECK_OK(check_payload(spec));
  TRY(const auto processing, processing_of(spec, Time{}));
  if (spec.max_payload_mb == 0 && (processing.cuts_input() || processing.makes_output()))
    return validation("DataProcessing and GenerateInferenceId need a MaxPayloadInMB of 1 or more: what is streamed is not looked at.");
  return {};
}

Outcome<transform::DataProcessing> processing_of(const TransformSpec& spec, Time started) {
  auto processing = spec.processing;
  if (spec.inference_ids) processing.inference_time = to_iso8601(started).substr(0, 19) + "Z";
  return transform::DataProcessing::make(processing, spec.content_type, spec.accept);
}

std::string encode_spec(const TransformSpec& spec) {
  json::object object{{"image", spec.container.image},
                      {"model_data_url", spec.container.model_data_url},
                      {"model_data_form", static_cast<int>(spec.container.model_data_form)},
                      {"model_environment", json_from(spec.container.environment)},
                      {"role_arn", spec.role_arn},
                      {"network_isolation", spec.network_isolation},
                      {"environment", json_from(spec.environment)},
                      {"s3_data_type", spec.s3_data_type},
                      {"input_uri", spec.input_uri},
                      {"output_path", spec.output_path},
                      {"content_type", spec.content_type},
                      {"accept", spec.accept},
                      {"compression", spec.compression},
                      {"split_type", spec.split_type},
                      {"assemble_with", spec.assemble_with},
                      {"batch_strategy", spec.batch_strategy},
                      {"input_filter", spec.processing.input_filter},
                      {"output_filter", spec.processing.output_filter},
                      {"join_input", spec.processing.join_input},
                      {"invocation_timeout_seconds", spec.invocation_timeout_seconds},
                      {"invocation_retries", spec.invocation_retries},
                      {"capture_uri", spec.capture_uri},
                      {"inference_ids", spec.inference_ids},
                      {"instance_type", spec.instance_type},
                      {"instance_count", spec.instance_count},
                      {"without_effect", json_from(spec.without_effect)}};
  if (spec.max_payload_mb) object["max_payload_mb"] = *spec.max_payload_mb;
  if (spec.max_concurrent) object["max_concurrent"] = *spec.max_concurrent;
  return json::serialize(object);
}

Outcome<TransformSpec> decode_transform_spec(std::string_view text) {
  boost::system::error_code code;
  const json::value value = json::parse(text, code);
  if (code || !value.is_object()) return internal("the spec of a transform job is not a JSON object");
  const Members members(&value);
  TransformSpec spec;
  int form = 0;
  members.read("image", spec.container.image);
  members.read("model_data_url", spec.container.model_data_url);
  if (members.read("model_data_form", form)) spec.container.model_data_form = static_cast<models::ModelDataForm>(form);
  members.read("model_environment", spec.container.environment);
  members.read("role_arn", spec.role_arn);
  members.read("network_isolation", spec.network_isolation);
  members.read("environment", spec.environment);
  members.read("s3_data_type", spec.s3_data_type);
  members.read("input_uri", spec.input_uri);
  members.read("output_path", spec.output_path);
  members.read("content_type", spec.content_type);
  members.read("accept", spec.accept);
  members.read("compression", spec.compression);
  members.read("split_type", spec.split_type);
  members.read("assemble_with", spec.assemble_with);
  members.read("batch_strategy", spec.batch_strategy);
  members.read("max_payload_mb", spec.max_payload_mb);
  members.read("max_concurrent", spec.max_concurrent);
  members.read("input_filter", spec.processing.input_filter);
  members.read("output_filter", spec.processing.output_filter);
  members.read("join_input", spec.processing.join_input);
  members.read("invocation_timeout_seconds", spec.invocation_timeout_seconds);
  members.read("invocation_retries", spec.invocation_retries);
  members.read("capture_uri", spec.capture_uri);
  members.read("inference_ids", spec.inference_ids);
  members.read("instance_type", spec.instance_type);
  members.read("instance_count", spec.instance_count);
  members.read("without_effect", spec.without_effect);
  return spec;
}

}  // namespace clary::jobs
