// A model of XGBoost in any form that SageMaker's containers write: JSON, UBJ, the old binary, a pickled booster. Thread rule: as Model.
// Invariant: it is loaded by the libxgboost of the version that was asked for, and no pickle is ever run.
#pragma once

#include "model_server/scorer.hpp"
#include "xgboost/booster.hpp"

namespace clary::model_server {

// The file of a model's folder: xgboost-model, or the only one.
Outcome<std::string> xgboost_file(const std::string& folder);
Outcome<std::unique_ptr<Model>> load_xgboost(const std::string& file, std::shared_ptr<const xgboost::Library> library);

}  // namespace clary::model_server
