// A model of LightGBM as text (Booster.save_model), by the C API of the environment's own lib_lightgbm.so (3.x, 4.x; LightGBM's c_api.h). Thread rule:
// as Model. Invariant: rows are doubles, as LightGBM compares them; what sparse rows leave out is 0, as it is there.
#pragma once

#include "model_server/scorer.hpp"

namespace clary::model_server {

// lib_lightgbm.so of a Python environment; not_found where it has none.
Outcome<std::string> lightgbm_library(const std::string& environment_folder);
// The folder holds model.txt, or a single file that ends with .txt. Errors as load_xgboost's.
Outcome<std::unique_ptr<Model>> load_lightgbm(const std::string& folder, const std::string& library_path);

}  // namespace clary::model_server
