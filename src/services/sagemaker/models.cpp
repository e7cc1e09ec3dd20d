#include "jobs/s3_uri.hpp"
#include "services/sagemaker/describe.hpp"
#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/own_lineage.hpp"
#include "services/sagemaker/resources.hpp"

namespace clary::services::sagemaker {

namespace {

Outcome<void> check_containers(const CreateModelInput& in) {
  if (in.PrimaryContainer && in.Containers)
    return validation("Specify either PrimaryContainer or Containers, not both.");
  if (!in.PrimaryContainer && (!in.Containers || in.Containers->empty()))
    return validation("You must provide a primary container or a list of containers.");
  auto check = [](const ContainerDefinition& container) -> Outcome<void> {
    if (!container.Image && !container.ModelPackageName) return validation("You must provide an image or a model package for each container.");
    if (container.ModelDataUrl && container.ModelDataSource) return validation("Specify either ModelDataUrl or ModelDataSource, not both.");
    return {};
  };
  if (in.PrimaryContainer) return check(*in.PrimaryContainer);
  for (const ContainerDefinition& container : *in.Containers) CHECK_OK(check(container));
  return {};
}

// As at AWS: a model cannot be made of data that are not there. Those of a multi-model container may come later.
Outcome<void> check_data(Context& call, const ContainerDefinition& container) {
  std::string url = container.ModelDataUrl.value_or("");
  bool prefix = false;
  if (container.ModelDataSource && container.ModelDataSource->S3DataSource) {
    url = container.ModelDataSource->S3DataSource->S3Uri;
    prefix = container.ModelDataSource->S3DataSource->S3DataType == "S3Prefix";
  }
  if (!url.starts_with("s3://") || container.Mode == "MultiModel") return {};
  const auto missing = [&] { return validation("Could not find model data at {}.", url); };
  const auto uri = jobs::parse_s3_uri(url);
  if (!uri) return missing();
  if (prefix) {
    const auto listing = call.objects.list(uri->bucket, uri->key, "", "", 1);
    if (listing && !listing->objects.empty()) return {};
    if (!listing && listing.error().kind != ErrorKind::not_found) return listing.error();
    return missing();
  }
  const auto object = call.objects.stat(uri->bucket, uri->key);
  if (object) return {};
  return object.error().kind == ErrorKind::not_found ? missing() : object.error();
}

Outcome<void> check_data(Context& call, const CreateModelInput& in) {
  if (in.PrimaryContainer) return check_data(call, *in.PrimaryContainer);
  for (const ContainerDefinition& container : *in.Containers) CHECK_OK(check_data(call, container));
  return {};
}

void fill_defaults(ContainerDefinition& container) {
  if (!container.Mode) container.Mode = "SingleModel";
  if (!container.Environment) container.Environment.emplace();
}

}  // namespace

Outcome<CreateModelOutput> create_model(Context& call, const CreateModelInput& in) {
  CHECK_OK(check_containers(in));
  CHECK_OK(check_data(call, in));
  TRY(auto record, insert_record(call, model_kind, "model", in.ModelName, wire::to_document(CreateModelInput_shape, in), in.Tags,
                                 [&](meta::Session& session, const meta::Record& model) { return record_model(session, model, in); }));
  return CreateModelOutput{.ModelArn = record.arn};
}

Outcome<DescribeModelOutput> described_model(const meta::Record& record) {
  TRY(auto request, wire::from_document<CreateModelInput>(CreateModelInput_shape, record.document));
  DescribeModelOutput out;
  wire::project(DescribeModelOutput_shape, &out, CreateModelInput_shape, &request);
  if (out.PrimaryContainer) fill_defaults(*out.PrimaryContainer);
  if (out.Containers) {
    for (ContainerDefinition& container : *out.Containers) fill_defaults(container);
  }
  if (!out.EnableNetworkIsolation) out.EnableNetworkIsolation = false;
  out.ModelArn = record.arn;
  out.CreationTime = record.created;
  return out;
}

Outcome<DescribeModelOutput> describe_model(Context& call, const DescribeModelInput& in) {
  TRY(auto record, find_record(call, model_kind, "model", in.ModelName));
  return described_model(record);
}

Outcome<ListModelsOutput> list_models(Context& call, const ListModelsInput& in) {
  auto query = to_query(model_kind, call.scope, in, true);
  TRY(meta::Page page, call.store.read([&](meta::Session& session) { return meta::list(session, query); }));
  ListModelsOutput out;
  out.Models.emplace();
  for (const meta::Record& record : page.records) out.Models->push_back({record.name, record.arn, record.created});
  out.NextToken = next_token(page);
  return out;
}

Outcome<DeleteModelOutput> delete_model(Context& call, const DeleteModelInput& in) {
  TRY(auto record, find_record(call, model_kind, "model", in.ModelName));
  TRY(bool erased, call.store.write([&](meta::Session& session) { return meta::erase(session, record.id); }));
  if (!erased) return could_not_find("model", record.arn);
  return DeleteModelOutput{};
}

}  // namespace clary::services::sagemaker
