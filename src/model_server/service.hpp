// SageMaker's container contract for one model: GET /ping, POST /invocations, GET /execution-parameters; and the Open Inference Protocol below
// /v2. Owned by the process. Thread rule: answer() from any of `threads` threads, which never share a scorer. Invariant: nothing of a request outlives its answer.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "model_server/scorer.hpp"
#include "model_server/selection.hpp"

namespace clary::model_server {

struct ServiceOptions {
  unsigned threads = 1;
  bool batch = false;          // a transform job asks
  std::string default_accept;  // where a request says nothing; empty: CSV
  std::string selected;        // SAGEMAKER_INFERENCE_OUTPUT; empty: the predictions themselves
  std::string name = "model";  // as /v2 calls it
};

class Service {
 public:
  // Makes the threads' scorers; an Error says why the model cannot be served.
  static Outcome<std::unique_ptr<Service>> open(std::unique_ptr<Model> model, ServiceOptions options);
  http::Response answer(const http::Request& request, const std::string& body);

 private:
  Service(std::unique_ptr<Model> model, ServiceOptions options) : model_(std::move(model)), options_(std::move(options)) {}
  // What one thread works with.
  struct Desk {
    std::unique_ptr<Scorer> scorer;
    Rows rows;
  };
  Desk& own_desk();
  http::Response invoke(const http::Request& request, const std::string& body);
  http::Response execution_parameters() const;
  http::Response open_inference(const http::Request& request, const std::string& body);
  http::Response infer(const std::string& body);

  const std::unique_ptr<Model> model_;
  const ServiceOptions options_;
  std::optional<Outcome<Selection>> selection_;  // an Error: the model has none of what was selected
  std::vector<std::unique_ptr<Desk>> desks_;
  std::atomic<std::size_t> given_{0};

  static std::atomic<std::uint64_t> count_;
  const std::uint64_t number_ = ++count_;  // 1 on
};

}  // namespace clary::model_server
