#include "serving/deployment.hpp"

#include <boost/json.hpp>
#include <exception>

namespace clary::serving {

namespace json = boost::json;

namespace {

json::object variant_json(const VariantSpec& variant) {
  json::object environment;
  for (const auto& [name, value] : variant.container.environment) environment[name] = value;
  return {{"name", variant.name},
          {"model", variant.model_name},
          {"role", variant.role_arn},
          {"image", variant.container.image},
          {"model_data", variant.container.model_data_url},
          {"model_data_form", static_cast<int>(variant.container.model_data_form)},
          {"environment", std::move(environment)},
          {"instance_type", variant.instance_type},
          {"count", variant.initial_count},
          {"weight", variant.weight},
          {"startup_timeout", variant.startup_timeout_seconds}};
}

json::value deployment_json(const std::optional<Deployment>& deployment) {
  if (!deployment) return nullptr;
  json::array variants;
  for (const auto& variant : deployment->variants) variants.push_back(variant_json(variant));
  return json::object{
      {"generation", deployment->generation}, {"config", deployment->config_name}, {"variants", std::move(variants)}};
}

std::string text_of(const json::object& object, const char* name) {
  return json::value_to<std::string>(object.at(name));
}

VariantSpec variant_from(const json::object& object) {
  VariantSpec variant;
  variant.name = text_of(object, "name");
  variant.model_name = text_of(object, "model");
  variant.role_arn = text_of(object, "role");
  variant.container.image = text_of(object, "image");
  variant.container.model_data_url = text_of(object, "model_data");
  if (const auto* form = object.if_contains("model_data_form"))
    variant.container.model_data_form = static_cast<models::ModelDataForm>(form->to_number<int>());
  for (const auto& [name, value] : object.at("environment").as_object())
    variant.container.environment.emplace(name, json::value_to<std::string>(value));
  variant.instance_type = text_of(object, "instance_type");
  variant.initial_count = object.at("count").to_number<std::int64_t>();
  variant.weight = object.at("weight").to_number<double>();
  variant.startup_timeout_seconds = object.at("startup_timeout").to_number<std::int64_t>();
  return variant;
}

std::optional<Deployment> deployment_from(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  const auto& object = value.as_object();
  Deployment deployment;
  deployment.generation = object.at("generation").to_number<std::int64_t>();
  deployment.config_name = text_of(object, "config");
  for (const auto& variant : object.at("variants").as_array())
    deployment.variants.push_back(variant_from(variant.as_object()));
  return deployment;
}

}  // namespace

std::string to_json(const EndpointState& state) {
  return json::serialize(json::object{{"revision", state.revision},
                                      {"last_generation", state.last_generation},
                                      {"serving", deployment_json(state.serving)},
                                      {"target", deployment_json(state.target)},
                                      {"failure_reason", state.failure_reason}});
}

Outcome<EndpointState> state_from_json(const std::string& text) {
  try {
    auto value = json::parse(text);
    const auto& object = value.as_object();
    EndpointState state;
    state.revision = object.at("revision").to_number<std::int64_t>();
    state.last_generation = object.at("last_generation").to_number<std::int64_t>();
    state.serving = deployment_from(object.at("serving"));
    state.target = deployment_from(object.at("target"));
    state.failure_reason = text_of(object, "failure_reason");
    return state;
  } catch (const std::exception& exception) {
    return internal("endpoint state: {}", exception.what());
  }
}

}  // namespace clary::serving
