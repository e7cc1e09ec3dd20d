#include "model_server/lightgbm_model.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "io/file.hpp"
#include "io/shared_library.hpp"
#include "io/site_packages.hpp"
#include "model_server/model_file.hpp"

namespace clary::model_server {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_text = std::size_t{4} << 30;
// Of the C API: types of data, and what to predict, with which trees.
constexpr int type_float64 = 1, type_int64 = 3;
constexpr int normal = 0, all_trees = -1, row_major = 1;
constexpr const char* parameters = "num_threads=1";

struct LightgbmFunctions {
  using Handle = void*;
  const char* (*last_error)();
  int (*load_text)(const char* text, int* iterations, Handle* out);
  int (*free)(Handle);
  int (*columns)(Handle, int* out);
  int (*classes)(Handle, int* out);
  int (*count)(Handle, int rows, int kind, int start, int trees, std::int64_t* out);
  int (*predict_dense)(Handle, const void* data, int type, std::int32_t rows, std::int32_t columns, int row_major, int kind, int start, int trees,
                       const char* parameters, std::int64_t* count, double* out);
  int (*predict_sparse)(Handle, const void* starts, int starts_type, const std::int32_t* indices, const void* data, int type,
                        std::int64_t starts_count, std::int64_t count, std::int64_t columns, int kind, int start, int trees,
                        const char* parameters, std::int64_t* out_count, double* out);

  // As a validation error.
  Error error() const {
    const char* complaint = last_error();
    return validation("{}", complaint && *complaint ? complaint : "LightGBM gives no reason.");
  }
};

Outcome<LightgbmFunctions> lightgbm_functions(const std::string& path) {
  TRY(const auto library, io::SharedLibrary::load(path));
  LightgbmFunctions f{};
  library.find("LGBM_GetLastError", f.last_error);
  library.find("LGBM_BoosterLoadModelFromString", f.load_text);
  library.find("LGBM_BoosterFree", f.free);
  library.find("LGBM_BoosterGetNumFeature", f.columns);
  library.find("LGBM_BoosterGetNumClasses", f.classes);
  library.find("LGBM_BoosterCalcNumPredict", f.count);
  library.find("LGBM_BoosterPredictForMat", f.predict_dense);
  library.find("LGBM_BoosterPredictForCSR", f.predict_sparse);
  if (!f.last_error || !f.load_text || !f.free || !f.columns || !f.classes || !f.count || !f.predict_dense || !f.predict_sparse)
    return internal("the library {} has not the functions of LightGBM", path);
  return f;
}

// One thread's booster.
class LightgbmBooster {
 public:
  static Outcome<LightgbmBooster> load(const LightgbmFunctions& functions, const std::string& text) {
    int iterations = 0;
    LightgbmFunctions::Handle handle = nullptr;
    if (functions.load_text(text.c_str(), &iterations, &handle) != 0) return functions.error();
    return LightgbmBooster(functions, handle);
  }
  LightgbmBooster(LightgbmBooster&& other) noexcept : functions_(other.functions_), handle_(std::exchange(other.handle_, nullptr)) {}
  LightgbmBooster(const LightgbmBooster&) = delete;
  LightgbmBooster& operator=(const LightgbmBooster&) = delete;
  ~LightgbmBooster() {
    if (handle_) functions_.free(handle_);
  }

  Outcome<void> describe(ModelFacts& facts) const {
    int columns = 0, classes = 0;
    std::int64_t width = 0;
    if (functions_.columns(handle_, &columns) != 0 || functions_.classes(handle_, &classes) != 0 ||
        functions_.count(handle_, 1, normal, 0, all_trees, &width) != 0)
      return functions_.error();
    facts.columns = static_cast<std::size_t>(std::max(columns, 0));
    facts.classes = static_cast<std::size_t>(std::max(classes, 0));
    facts.width = static_cast<std::size_t>(std::max<std::int64_t>(width, 1));
    return {};
  }

  Outcome<void> predict(const Rows& rows, std::size_t width, std::vector<double>& out) const {
    out.resize(rows.count * width);
    std::int64_t count = 0;
    int failed = 0;
    if (rows.sparse) {
      failed = functions_.predict_sparse(handle_, rows.starts.data(), type_int64, reinterpret_cast<const std::int32_t*>(rows.indices.data()),
                                         rows.doubles.data(), type_float64, static_cast<std::int64_t>(rows.starts.size()),
                                         static_cast<std::int64_t>(rows.doubles.size()), static_cast<std::int64_t>(rows.columns), normal, 0,
                                         all_trees, parameters, &count, out.data());
    } else {
      failed = functions_.predict_dense(handle_, rows.doubles.data(), type_float64, static_cast<std::int32_t>(rows.count),
                                        static_cast<std::int32_t>(rows.columns), row_major, normal, 0, all_trees, parameters, &count, out.data());
    }
    if (failed != 0) return functions_.error();
    return {};
  }

 private:
  LightgbmBooster(const LightgbmFunctions& functions, LightgbmFunctions::Handle handle) : functions_(functions), handle_(handle) {}
  const LightgbmFunctions& functions_;
  LightgbmFunctions::Handle handle_;
};

class LightgbmScorer : public Scorer {
 public:
  LightgbmScorer(LightgbmBooster booster, const ModelFacts& facts) : booster_(std::move(booster)), facts_(facts) {}
  Outcome<Scores> score(const Rows& rows) override {
    // Rows of one column less are XGBoost's own case; LightGBM refuses them in words for who trains.
    if (rows.columns != *facts_.columns) return validation("The rows have {} columns; the model was trained with {}.", rows.columns, *facts_.columns);
    CHECK_OK(booster_.predict(rows, facts_.width, predicted_));
    return Scores{predicted_, facts_.width};
  }

 private:
  const LightgbmBooster booster_;
  const ModelFacts& facts_;
  std::vector<double> predicted_;
};

class LightgbmModel : public Model {
 public:
  LightgbmModel(const LightgbmFunctions& functions, std::string text) : functions_(functions), text_(std::move(text)) {}

  Outcome<void> open(const std::string& version) {
    facts_.framework = "lightgbm" + (version.empty() ? version : " " + version);
    facts_.doubles = true;
    facts_.lists = false;
    facts_.datatype = "FP64";
    // "objective=binary sigmoid:1"
    constexpr std::string_view key = "\nobjective=";
    if (const auto at = text_.find(key); at != std::string::npos) facts_.objective = text_.substr(at + key.size(), text_.find_first_of(" \n", at + 1) - at - key.size());
    TRY(const auto booster, LightgbmBooster::load(functions_, text_));
    return booster.describe(facts_);
  }
  const ModelFacts& facts() const override { return facts_; }
  Outcome<std::unique_ptr<Scorer>> scorer() const override {
    TRY(auto booster, LightgbmBooster::load(functions_, text_));
    return std::unique_ptr<Scorer>(std::make_unique<LightgbmScorer>(std::move(booster), facts_));
  }

 private:
  const LightgbmFunctions functions_;
  const std::string text_;
  ModelFacts facts_;
};

// The package's own word, beside or above the library.
std::string lightgbm_version(const fs::path& library) {
  for (const auto& folder : {library.parent_path(), library.parent_path().parent_path()})
    if (auto text = io::read_file(folder / "VERSION.txt", 100)) return text->substr(0, text->find_first_of("\r\n"));
  return "";
}

}  // namespace

Outcome<std::string> lightgbm_library(const std::string& environment_folder) {
  TRY(const std::string packages, io::site_packages(environment_folder));
  for (const char* place : {"/lightgbm/lib/lib_lightgbm.so", "/lightgbm/lib_lightgbm.so"})
    if (std::string path = packages + place; io::exists(path)) return path;
  return make_error(ErrorKind::not_found, "The environment has no lib_lightgbm.so.");
}

Outcome<std::unique_ptr<Model>> load_lightgbm(const std::string& folder, const std::string& library_path) {
  TRY(const auto functions, lightgbm_functions(library_path));
  TRY(const std::string file, model_file(folder, "model.txt", ".txt"));
  TRY(std::string text, io::read_file(file, largest_text));
  if (!text.starts_with("tree\n") && !text.starts_with("tree\r\n")) return validation("The model's file is no text that LightGBM's Booster.save_model writes.");
  // The library ends the process over a tree that is not whole.
  if (text.find("\nend of trees") == std::string::npos) return validation("The model's text is cut off before the end of its trees.");
  auto model = std::make_unique<LightgbmModel>(functions, std::move(text));
  CHECK_OK(model->open(lightgbm_version(library_path)));
  return std::unique_ptr<Model>(std::move(model));
}

}  // namespace clary::model_server
