#include "serving/endpoints.hpp"

#include "services/sagemaker/describe.hpp"
#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/model_container.hpp"
#include "services/sagemaker/own_lineage.hpp"
#include "services/sagemaker/resources.hpp"
#include "services/sagemaker/retries.hpp"

namespace clary::services::sagemaker {

namespace {

Outcome<serving::VariantSpec> to_variant(Context& call, const ProductionVariant& in) {
  TRY(auto model, find_served_model(call, in.ModelName.value_or("")));
  serving::VariantSpec spec;
  spec.name = in.VariantName;
  spec.model_name = std::move(model.name);
  spec.role_arn = std::move(model.role_arn);
  spec.container = std::move(model.container);
  spec.instance_type = in.InstanceType.value_or("");
  spec.initial_count = in.InitialInstanceCount.value_or(1);
  spec.weight = in.InitialVariantWeight.value_or(1);
  spec.startup_timeout_seconds = in.ContainerStartupHealthCheckTimeoutInSeconds.value_or(600);
  return spec;
}

Outcome<std::vector<serving::VariantSpec>> variants_of(Context& call, const std::string& config_name) {
  TRY(auto record, find_record(call, endpoint_config_kind, "endpoint configuration", config_name));
  TRY(auto config, wire::from_document<CreateEndpointConfigInput>(CreateEndpointConfigInput_shape, record.document));
  if (config.ProductionVariants.size() > 1)
    return validation("Endpoint configuration \"{}\" has {} production variants; Clary serves one for each endpoint.", record.arn,
                      config.ProductionVariants.size());
  // Kept and shown as a configuration; an endpoint of it would do something else than it says.
  auto not_served = [&](std::string_view what) { return validation("Endpoint configuration \"{}\": {} is not served.", record.arn, what); };
  if (config.AsyncInferenceConfig) return not_served("AsyncInferenceConfig");
  if (config.ShadowProductionVariants && !config.ShadowProductionVariants->empty()) return not_served("ShadowProductionVariants");
  if (config.ExplainerConfig) return not_served("ExplainerConfig");
  std::vector<serving::VariantSpec> variants;
  for (const ProductionVariant& variant : config.ProductionVariants) {
    TRY(auto spec, to_variant(call, variant));
    variants.push_back(std::move(spec));
  }
  return variants;
}

Outcome<serving::Endpoint> find_endpoint(Context& call, const std::string& name) {
  TRY(auto endpoint, call.endpoints.find(call.scope, name));
  if (!endpoint) return could_not_find("endpoint", sagemaker_arn(call.scope, serving::endpoint_kind, name));
  return *std::move(endpoint);
}

bool is_changing(const serving::Endpoint& endpoint) {
  return endpoint.status == "Creating" || endpoint.status == "Updating" || endpoint.status == "RollingBack" || endpoint.status == "Deleting";
}

ProductionVariantSummary to_summary(const serving::VariantStatus& variant, const serving::Endpoint& endpoint) {
  ProductionVariantSummary summary;
  summary.VariantName = variant.name;
  summary.DeployedImages = std::vector<DeployedImage>{{variant.image, variant.image, endpoint.modified}};
  summary.CurrentWeight = variant.current_weight;
  summary.DesiredWeight = variant.desired_weight;
  summary.CurrentInstanceCount = variant.current_count;
  summary.DesiredInstanceCount = variant.desired_count;
  return summary;
}

}  // namespace

Outcome<CreateEndpointOutput> create_endpoint(Context& call, const CreateEndpointInput& in) {
  CHECK_OK(check_tags(in.Tags));
  TRY(auto variants, variants_of(call, in.EndpointConfigName));
  std::string document = with_invocation(call.request, wire::to_document(CreateEndpointInput_shape, in));
  auto endpoint = call.endpoints.create(
      call.scope, in.EndpointName, in.EndpointConfigName, variants, std::move(document), to_tags(in.Tags),
      [&](meta::Session& session, const meta::Record& record) { return record_deployment(session, record, variants, record.created); });
  if (!endpoint && endpoint.error().kind == ErrorKind::already_exists) {
    TRY(auto earlier, call.endpoints.find(call.scope, in.EndpointName));
    if (earlier && repeats(call.request, earlier->document)) return CreateEndpointOutput{.EndpointArn = earlier->arn};
    return already_existing("endpoint", sagemaker_arn(call.scope, serving::endpoint_kind, in.EndpointName));
  }
  if (!endpoint) return std::move(endpoint).error();
  return CreateEndpointOutput{.EndpointArn = endpoint->arn};
}

DescribeEndpointOutput described_endpoint(const serving::Endpoint& endpoint) {
  DescribeEndpointOutput out;
  out.EndpointName = endpoint.name;
  out.EndpointArn = endpoint.arn;
  out.EndpointConfigName = endpoint.config_name;
  out.EndpointStatus = endpoint.status;
  out.CreationTime = endpoint.created;
  out.LastModifiedTime = endpoint.modified;
  if (!endpoint.failure_reason.empty()) out.FailureReason = endpoint.failure_reason;
  if (endpoint.status != "Creating" && !endpoint.variants.empty()) {  // AWS tells variants once there are any
    out.ProductionVariants.emplace();
    for (const serving::VariantStatus& variant : endpoint.variants) out.ProductionVariants->push_back(to_summary(variant, endpoint));
  }
  return out;
}

Outcome<DescribeEndpointOutput> describe_endpoint(Context& call, const DescribeEndpointInput& in) {
  TRY(auto endpoint, find_endpoint(call, in.EndpointName));
  if (endpoint.status == "Creating" && call.should_wait(endpoint.arn, endpoint.id))
    return call.wait(endpoint.arn, [&](std::function<void()> wake) { return call.endpoints.when_settled(endpoint.id, std::move(wake)); });
  return described_endpoint(endpoint);
}

Outcome<ListEndpointsOutput> list_endpoints(Context& call, const ListEndpointsInput& in) {
  TRY(meta::Page page, call.endpoints.list(to_query(serving::endpoint_kind, call.scope, in, true)));
  ListEndpointsOutput out;
  out.Endpoints.emplace();
  for (const meta::Record& record : page.records) out.Endpoints->push_back({record.name, record.arn, record.created, record.modified, record.status});
  out.NextToken = next_token(page);
  return out;
}

Outcome<UpdateEndpointOutput> update_endpoint(Context& call, const UpdateEndpointInput& in) {
  TRY(auto endpoint, find_endpoint(call, in.EndpointName));
  if (is_changing(endpoint)) return validation("Cannot update in-progress endpoint \"{}\".", endpoint.arn);
  TRY(auto variants, variants_of(call, in.EndpointConfigName));
  CHECK_OK(call.endpoints.update(
      endpoint.id, in.EndpointConfigName, variants,
      [&](meta::Session& session, const meta::Record& record) { return record_deployment(session, record, variants, record.modified); }));
  return UpdateEndpointOutput{.EndpointArn = endpoint.arn};
}

Outcome<DeleteEndpointOutput> delete_endpoint(Context& call, const DeleteEndpointInput& in) {
  TRY(auto endpoint, find_endpoint(call, in.EndpointName));
  if (endpoint.status == "Updating" || endpoint.status == "RollingBack" || endpoint.status == "Deleting")
    return validation("Cannot delete in-progress endpoint \"{}\".", endpoint.arn);
  CHECK_OK(call.endpoints.remove(endpoint.id));
  call.first_look.end(endpoint.arn);
  return DeleteEndpointOutput{};
}

}  // namespace clary::services::sagemaker
