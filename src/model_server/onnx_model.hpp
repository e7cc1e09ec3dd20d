// A model of ONNX, by the C API of the environment's own ONNX Runtime. A row goes to the inputs' columns one after another; of the outputs one is told:
// the first tensor of real numbers, else the first list of maps (probabilities by class, as sklearn-onnx writes them), else the first tensor of integers.
// Thread rule: as Model; the scorers share one session, which takes calls of any thread. Invariant: an input's shape is known but for the rows.
#pragma once

#include "model_server/scorer.hpp"

namespace clary::model_server {

// libonnxruntime.so of a Python environment; not_found where it has none.
Outcome<std::string> onnx_library(const std::string& environment_folder);
// The folder holds model.onnx, or a single file that ends with .onnx; its weights may stand in files beside it. Errors as load_xgboost's.
Outcome<std::unique_ptr<Model>> load_onnx(const std::string& folder, const std::string& library_path);

}  // namespace clary::model_server
