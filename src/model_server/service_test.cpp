#include "model_server/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>
#include <thread>

namespace clary::model_server {
namespace {

using testing::HasSubstr;

// Adds up each row; a row that begins with 13 is refused.
class SumScorer : public Scorer {
 public:
  Outcome<Scores> score(const Rows& rows) override {
    sums_.clear();
    for (std::size_t row = 0; row < rows.count; ++row) {
      const auto first = rows.values.begin() + static_cast<std::ptrdiff_t>(row * rows.columns);
      if (*first == 13) return validation("thirteen is not served");
      sums_.push_back(std::accumulate(first, first + static_cast<std::ptrdiff_t>(rows.columns), 0.0));
    }
    return Scores{sums_, 1};
  }

 private:
  std::vector<double> sums_;
};

class SumModel : public Model {
 public:
  explicit SumModel(bool broken = false) : broken_(broken) {}
  const ModelFacts& facts() const override { return facts_; }
  Outcome<std::unique_ptr<Scorer>> scorer() const override {
    if (broken_) return validation("no good");
    return std::unique_ptr<Scorer>(std::make_unique<SumScorer>());
  }

 private:
  const bool broken_;
  ModelFacts facts_{.framework = "sums 1", .columns = 3};
};

struct ServiceTest : testing::Test {
  struct Answer {
    unsigned status;
    std::string type, body;
  };
  Answer ask(const std::string& method, const std::string& path, const std::string& body = "", const std::string& type = "text/csv",
             const std::string& accept = "") {
    http::Request request;
    request.method = method;
    request.path = path;
    request.headers.add("content-type", type);
    if (!accept.empty()) request.headers.add("accept", accept);
    auto response = service->answer(request, body);
    return {response.status, std::string(response.headers.get("content-type")), std::get<std::string>(response.body)};
  }
  Answer infer(const std::string& body) { return ask("POST", "/v2/models/model/infer", body, "application/json"); }
  std::unique_ptr<Service> service = std::move(*Service::open(std::make_unique<SumModel>(), {}));
};

TEST_F(ServiceTest, KeepsTheContainersContract) {
  EXPECT_EQ(ask("GET", "/ping").status, 200u);
  EXPECT_EQ(ask("POST", "/ping").status, 405u);
  EXPECT_EQ(ask("GET", "/invocations").status, 405u);
  EXPECT_EQ(ask("GET", "/").status, 404u);
  EXPECT_EQ(ask("POST", "/invocations").status, 204u);
  EXPECT_THAT(ask("GET", "/execution-parameters").body, HasSubstr("\"MaxConcurrentTransforms\": 1"));
}

TEST_F(ServiceTest, PredictsBlockAfterBlock) {
  std::string body, sums;
  for (int row = 0; row < 3000; ++row) {
    body += std::to_string(row % 10) + ",1,1\n";
    sums += (row > 0 ? "," : "") + std::to_string(row % 10 + 2) + ".0";
  }
  const auto answer = ask("POST", "/invocations", body);
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.type, "text/csv; charset=utf-8");
  EXPECT_EQ(answer.body, sums);
}

TEST_F(ServiceTest, RefusesWhatItCannotReadOrWrite) {
  EXPECT_EQ(ask("POST", "/invocations", "1,2,3", "image/png").status, 415u);
  EXPECT_EQ(ask("POST", "/invocations", "1,2,3", "text/csv", "image/png").status, 406u);
  EXPECT_EQ(ask("POST", "/invocations", "1,2,x").status, 400u);
  EXPECT_EQ(ask("POST", "/invocations", "\n\n").body, "The body has no rows.");
  const auto refused = ask("POST", "/invocations", "13,1,1");
  EXPECT_EQ(refused.status, 400u);
  EXPECT_EQ(refused.body, "Unable to evaluate payload provided: thirteen is not served");
}

TEST_F(ServiceTest, EachThreadHasAScorerOfItsOwn) {
  constexpr unsigned count = 4;
  ServiceOptions options;
  options.threads = count;
  service = std::move(*Service::open(std::make_unique<SumModel>(), options));
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < count; ++thread)
    threads.emplace_back([this, thread] {
      for (unsigned row = 0; row < 200; ++row) {
        const unsigned first = 14 + thread * 1000 + row;
        EXPECT_EQ(ask("POST", "/invocations", fmt::format("{},1,1\n{},2,2", first, first)).body, fmt::format("{}.0,{}.0", first + 2, first + 4));
      }
    });
  for (auto& thread : threads) thread.join();
}

TEST_F(ServiceTest, AModelThatMakesNoScorerIsNotServed) {
  EXPECT_EQ(Service::open(std::make_unique<SumModel>(true), {}).error().message, "no good");
}

TEST_F(ServiceTest, SpeaksTheOpenInferenceProtocol) {
  for (const char* path : {"/v2/health/live", "/v2/health/ready", "/v2/models/model/ready", "/v2/models/model/versions/1/ready"})
    EXPECT_EQ(ask("GET", path).status, 200u) << path;
  EXPECT_THAT(ask("GET", "/v2").body, HasSubstr("\"name\":\"clary-model-server\""));
  EXPECT_EQ(ask("GET", "/v2/models/model/versions/1").body,
            R"({"name":"model","versions":[],"platform":"sums 1","inputs":[{"name":"input","datatype":"FP32","shape":[-1,3]}],)"
            R"("outputs":[{"name":"predict","datatype":"FP32","shape":[-1,1]}]})");
  EXPECT_EQ(infer(R"({"id":"a","inputs":[{"name":"x","shape":[2,3],"datatype":"FP32","data":[1,2,3,4,5,6.5]}]})").body,
            R"({"model_name":"model","id":"a","outputs":[{"name":"predict","datatype":"FP32","shape":[2,1],"data":[6.0,15.5]}]})");
  EXPECT_THAT(infer(R"({"inputs":[{"shape":[1,3],"datatype":"INT64","data":[[1,2,3]]}]})").body, HasSubstr("\"data\":[6.0]"));
  for (const char* path : {"/v2/x", "/v2/models/other", "/v2/models/model2", "/v2/models/model/x"}) EXPECT_EQ(ask("GET", path).status, 404u) << path;
  EXPECT_EQ(ask("POST", "/v2").status, 405u);
  EXPECT_EQ(ask("GET", "/v2/models/model/infer").status, 405u);
}

TEST_F(ServiceTest, AnInferenceThatDoesNotFitIsRefused) {
  for (const char* body : {"", "{}", "[]", R"({"inputs":[]})", R"({"inputs":[{"shape":[1,3],"datatype":"BYTES","data":["a"]}]})",
                           R"({"inputs":[{"shape":[1,3],"datatype":"FP32","data":[1,2]}]})", R"({"inputs":[{"shape":[1,5],"datatype":"FP32","data":[1,2,3,4,5]}]})",
                           R"({"inputs":[{"shape":[-1,3],"datatype":"FP32","data":[1,2,3]}]})", R"({"inputs":[{"shape":[1,3],"datatype":"FP32","data":[1,2,"x"]}]})",
                           R"({"inputs":[{"shape":[1,1,3],"datatype":"FP32","data":[1,2,3]}]})", R"({"inputs":[{"shape":[1,3],"datatype":"FP32","data":[1,2,1e39]}]})",
                           R"({"inputs":[{"shape":[1,3],"datatype":"FP32","data":[[[[1,2,3]]]]}]})"}) {
    const auto answer = infer(body);
    EXPECT_EQ(answer.status, 400u) << body;
    EXPECT_THAT(answer.body, testing::StartsWith("{\"error\":")) << body;
  }
}

}  // namespace
}  // namespace clary::model_server
