#include <set>

#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/resources.hpp"

namespace clary::services::sagemaker {

namespace {

Outcome<void> check_variants(Context& call, const CreateEndpointConfigInput& in) {
  std::set<std::string> names;
  for (const ProductionVariant& variant : in.ProductionVariants) {
    if (!names.insert(variant.VariantName).second)
      return validation("Production variant names must be unique: {} appears more than once.", variant.VariantName);
    if (!variant.ModelName) return validation("Production variant {}: ModelName is required (inference components are not served).", variant.VariantName);
    if (variant.ServerlessConfig) return validation("Production variant {}: serverless variants are not served.", variant.VariantName);
    if (!variant.InstanceType) return validation("Production variant {}: InstanceType is required.", variant.VariantName);
    CHECK_OK(find_record(call, model_kind, "model", *variant.ModelName));
  }
  return {};
}

}  // namespace

Outcome<CreateEndpointConfigOutput> create_endpoint_config(Context& call, const CreateEndpointConfigInput& in) {
  CHECK_OK(check_variants(call, in));
  CreateEndpointConfigInput kept = in;
  for (ProductionVariant& variant : kept.ProductionVariants) {
    if (!variant.InitialInstanceCount) variant.InitialInstanceCount = 1;
    if (!variant.InitialVariantWeight) variant.InitialVariantWeight = 1.0;
  }
  TRY(auto record, insert_record(call, endpoint_config_kind, "endpoint configuration", in.EndpointConfigName,
                                 wire::to_document(CreateEndpointConfigInput_shape, kept), in.Tags));
  return CreateEndpointConfigOutput{.EndpointConfigArn = record.arn};
}

Outcome<DescribeEndpointConfigOutput> describe_endpoint_config(Context& call, const DescribeEndpointConfigInput& in) {
  TRY(auto record, find_record(call, endpoint_config_kind, "endpoint configuration", in.EndpointConfigName));
  TRY(auto request, wire::from_document<CreateEndpointConfigInput>(CreateEndpointConfigInput_shape, record.document));
  DescribeEndpointConfigOutput out;
  wire::project(DescribeEndpointConfigOutput_shape, &out, CreateEndpointConfigInput_shape, &request);
  out.EndpointConfigArn = record.arn;
  out.CreationTime = record.created;
  if (!out.EnableNetworkIsolation) out.EnableNetworkIsolation = false;
  return out;
}

Outcome<ListEndpointConfigsOutput> list_endpoint_configs(Context& call, const ListEndpointConfigsInput& in) {
  auto query = to_query(endpoint_config_kind, call.scope, in, true);
  TRY(meta::Page page, call.store.read([&](meta::Session& session) { return meta::list(session, query); }));
  ListEndpointConfigsOutput out;
  out.EndpointConfigs.emplace();
  for (const meta::Record& record : page.records) out.EndpointConfigs->push_back({record.name, record.arn, record.created});
  out.NextToken = next_token(page);
  return out;
}

Outcome<DeleteEndpointConfigOutput> delete_endpoint_config(Context& call, const DeleteEndpointConfigInput& in) {
  TRY(auto record, find_record(call, endpoint_config_kind, "endpoint configuration", in.EndpointConfigName));
  TRY(bool erased, call.store.write([&](meta::Session& session) { return meta::erase(session, record.id); }));
  if (!erased) return could_not_find("endpoint configuration", record.arn);
  return DeleteEndpointConfigOutput{};
}

}  // namespace clary::services::sagemaker
