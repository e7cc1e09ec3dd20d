// A model of XGBoost in any form that SageMaker's containers write: JSON, UBJ, the old binary, a pickled booster. Thread rule: as Model.
// Invariant: it is loaded by the libxgboost of the version that was asked for, and no pickle is ever run.
#pragma once

#include "model_server/scorer.hpp"

namespace clary::model_server {

// The folder holds xgboost-model, or a single file. A validation error says why it is no model, an internal one why the library cannot be loaded.
Outcome<std::unique_ptr<Model>> load_xgboost(const std::string& folder, const std::string& library_path);

}  // namespace clary::model_server
