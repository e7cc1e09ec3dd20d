// The Open Inference Protocol (V2, REST) as JSON: what its metadata say of the server and the model, and its requests as rows. Thread rule: pure.
// Invariant: a request that reads has as many numbers as its shape says.
#pragma once

#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "model_server/scorer.hpp"

namespace clary::model_server {

std::string server_metadata();
std::string model_metadata(std::string_view name, const ModelFacts& facts);

struct InferRequest {
  std::string id;
  Rows rows;
};
Outcome<InferRequest> read_infer(std::string_view body, const ModelFacts& facts);
std::string infer_answer(std::string_view name, const ModelFacts& facts, const InferRequest& request, const Scores& scores);
// The protocol's form of an error.
std::string error_body(std::string_view message);

}  // namespace clary::model_server
