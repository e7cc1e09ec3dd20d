#include "services/runtime/invoke.hpp"

#include "api/sagemaker-runtime.hpp"
#include "services/binding.hpp"
#include "services/codec.hpp"
#include "wire/rest.hpp"

namespace clary::services::runtime {

namespace api = clary::api::sagemaker_runtime;

namespace {

// Headers of ours that the model of the operation sets; read by name here, since this is the path where each microsecond counts.
serving::Invocation to_invocation(const Scope& scope, std::string endpoint, const http::Request& request, std::string body) {
  serving::Invocation invocation;
  invocation.scope = scope;
  invocation.endpoint = std::move(endpoint);
  invocation.content_type = request.headers.get("Content-Type");
  invocation.accept = request.headers.get("Accept");
  invocation.custom_attributes = request.headers.get("X-Amzn-SageMaker-Custom-Attributes");
  invocation.target_variant = request.headers.get("X-Amzn-SageMaker-Target-Variant");
  invocation.inference_id = request.headers.get("X-Amzn-SageMaker-Inference-Id");
  invocation.body = std::move(body);
  return invocation;
}

// What would choose among several models or containers behind a variant: each has one, so answering would answer something else.
Outcome<void> check_target(const http::Request& request) {
  for (std::string_view name : {"X-Amzn-SageMaker-Target-Model", "X-Amzn-SageMaker-Target-Container-Hostname", "X-Amzn-SageMaker-Inference-Component"}) {
    if (request.headers.has(name)) return validation("The header {} is not served: each variant has one model in one container.", name);
  }
  return {};
}

http::Response to_response(serving::InvocationAnswer answer) {
  http::Response response;
  if (!answer.content_type.empty()) response.headers.add("Content-Type", std::move(answer.content_type));
  response.headers.add("x-Amzn-Invoked-Production-Variant", std::move(answer.variant));
  if (!answer.custom_attributes.empty()) response.headers.add("X-Amzn-SageMaker-Custom-Attributes", std::move(answer.custom_attributes));
  response.body = std::move(answer.body);
  return response;
}

// The endpoint's name in "/endpoints/<name>/invocations"; an Error in AWS's words when the path or the name is none.
Outcome<std::string> endpoint_name(const http::Request& request) {
  CHECK_OK(check_target(request));
  auto labels = wire::match_uri(api::op::InvokeEndpoint::info.uri, request.path);
  if (request.method != "POST" || !labels)
    return make_error(ErrorKind::not_implemented, "SageMaker Runtime has no operation {} {} that Clary serves.", request.method,
                      to_valid_utf8(request.path.substr(0, 256)));
  api::InvokeEndpointInput checked;
  checked.EndpointName = (*labels)["EndpointName"];
  if (auto attributes = request.headers.find("X-Amzn-SageMaker-Custom-Attributes")) checked.CustomAttributes = std::string(*attributes);
  wire::Violations violations;
  wire::validate(api::InvokeEndpointInput_shape, &checked, violations);
  CHECK_OK(violations.result());
  return checked.EndpointName;
}

}  // namespace

void invoke_endpoint(serving::Endpoints& endpoints, const Scope& scope, const http::Request& request, std::string body,
                     std::chrono::steady_clock::time_point arrived, std::function<void(http::Response)> done) {
  auto name = endpoint_name(request);
  if (!name) return done(json_error(name.error(), api::service, "application/json"));
  serving::Invocation invocation = to_invocation(scope, *name, request, std::move(body));
  invocation.arrived = arrived;
  endpoints.invoke(std::move(invocation), [done = std::move(done)](Outcome<serving::InvocationAnswer> answer) {
    done(answer ? to_response(*std::move(answer)) : json_error(answer.error(), api::service, "application/json"));
  });
}

}  // namespace clary::services::runtime
