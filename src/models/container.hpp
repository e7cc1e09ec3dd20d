// What a model server is made of: the image that serves and the model that it serves. A plain value.
#pragma once

#include <map>
#include <string>

namespace clary::models {

// What stands at the URL of a model's data: an archive, one object, or all objects below a prefix.
enum class ModelDataForm { archive, object, prefix };

struct ContainerSpec {
  std::string image;
  std::string model_data_url;  // s3://.../model.tar.gz; empty: none
  std::map<std::string, std::string> environment;
  ModelDataForm model_data_form = ModelDataForm::archive;
};

}  // namespace clary::models
