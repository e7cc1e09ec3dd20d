#include "services/sagemaker/model_container.hpp"

#include "services/sagemaker/resources.hpp"

namespace clary::services::sagemaker {

Outcome<ServedModel> find_served_model(Context& call, const std::string& name) {
  TRY(auto record, find_record(call, model_kind, "model", name));
  TRY(auto model, wire::from_document<CreateModelInput>(CreateModelInput_shape, record.document));
  if (model.Containers && model.Containers->size() > 1)
    return validation("Model \"{}\" is an inference pipeline of {} containers; Clary serves models of one container.", record.arn,
                      model.Containers->size());
  const ContainerDefinition& container = model.PrimaryContainer ? *model.PrimaryContainer : model.Containers->front();
  if (container.Mode == "MultiModel") return validation("Model \"{}\": containers of the mode MultiModel are not served.", record.arn);
  ServedModel served;
  served.name = record.name;
  served.role_arn = model.ExecutionRoleArn.value_or("");
  served.network_isolation = model.EnableNetworkIsolation.value_or(false);
  served.container.image = container.Image.value_or("");
  served.container.model_data_url = container.ModelDataUrl.value_or("");
  if (container.ModelDataSource && container.ModelDataSource->S3DataSource) {
    const auto& source = *container.ModelDataSource->S3DataSource;
    served.container.model_data_url = source.S3Uri;
    if (source.CompressionType == "None")
      served.container.model_data_form = source.S3DataType == "S3Prefix" ? models::ModelDataForm::prefix : models::ModelDataForm::object;
  }
  served.container.environment = container.Environment.value_or(std::map<std::string, std::string>{});
  return served;
}

}  // namespace clary::services::sagemaker
