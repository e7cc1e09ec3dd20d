#include "model_server/xgboost_model.hpp"

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fcntl.h>
#include <unistd.h>

#include "io/file.hpp"
#include "model_server/json_member.hpp"
#include "model_server/model_file.hpp"
#include "model_server/pickle.hpp"
#include "model_server/xgboost_forest.hpp"

namespace clary::model_server {

namespace fs = std::filesystem;
namespace json = boost::json;
using xgboost::Booster;
using xgboost::Library;
using xgboost::LibraryVersion;

namespace {

constexpr std::size_t largest = std::size_t{8} << 30;

constexpr std::size_t widest = 4096;  // columns of sparse rows that are filled up for the forest

// The head of the old binary: base score, columns, classes (4 bytes each), 124 more; then the names of objective and booster, each behind its length.
std::optional<XgboostFacts> binary_head(std::string_view model) {
  if (model.starts_with("binf")) model.remove_prefix(4);
  constexpr std::size_t name_at = 136;
  XgboostFacts facts;
  std::uint32_t columns = 0;
  std::int32_t classes = 0;
  if (model.size() < name_at) return std::nullopt;
  std::memcpy(&facts.base_score, model.data(), sizeof facts.base_score);
  std::memcpy(&columns, model.data() + 4, sizeof columns);
  std::memcpy(&classes, model.data() + 8, sizeof classes);
  model.remove_prefix(name_at);
  const auto take_name = [&model](std::string& name) {
    std::uint64_t length = 0;
    if (model.size() < sizeof length) return false;
    std::memcpy(&length, model.data(), sizeof length);
    model.remove_prefix(sizeof length);
    if (length > 100 || length > model.size()) return false;
    name = model.substr(0, length);
    model.remove_prefix(length);
    return true;
  };
  if (!take_name(facts.objective) || !take_name(facts.booster)) return std::nullopt;
  facts.columns = columns;
  facts.classes = static_cast<std::size_t>(std::max(classes, 0));
  return facts;
}

std::size_t number_of(const json::value& value) {
  std::size_t number = 0;
  if (const auto* text = value.if_string()) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

float real_of(const json::value& value) {
  // "5E-1", or "[5E-1]" from 3.1 on.
  const auto* text = value.if_string();
  if (!text) return 0.5f;
  const std::string plain(text->begin(), text->end());
  return std::strtof(plain.c_str() + plain.starts_with('['), nullptr);
}

XgboostFacts facts_of_config(const std::string& config) {
  XgboostFacts facts;
  boost::system::error_code code;
  const json::value document = json::parse(config, code);
  const auto* learner = code ? nullptr : member(&document, "learner");
  const auto* parameters = member(learner, "learner_model_param");
  if (const auto* columns = member(parameters, "num_feature")) facts.columns = number_of(*columns);
  if (const auto* classes = member(parameters, "num_class")) facts.classes = number_of(*classes);
  if (const auto* base = member(parameters, "base_score")) facts.base_score = real_of(*base);
  if (const auto* name = member(member(learner, "objective"), "name"); name && name->is_string()) facts.objective = name->get_string();
  const auto* trees = member(learner, "gradient_booster");
  if (const auto* name = member(trees, "name"); name && name->is_string()) facts.booster = name->get_string();
  for (const char* place : {"gbtree_train_param", "gbtree_model_param"})
    if (const auto* parallel = member(member(trees, place), "num_parallel_tree")) facts.parallel_trees = number_of(*parallel);
  return facts;
}

class XgboostModel : public Model {
 public:
  XgboostModel(std::shared_ptr<const Library> library, std::string bytes) : library_(std::move(library)), bytes_(std::move(bytes)) {}

  // The first booster tells what the model is.
  Outcome<void> open() {
    model_ = bytes_;
    std::optional<unsigned> tree_limit;
    if (is_pickle(model_)) {
      TRY(const auto pickled, find_booster(model_));
      model_ = pickled.model;
      pickled_ = true;
      tree_limit = pickled.tree_limit;
    }
    TRY(Booster booster, load());
    TRY(const auto config, booster.config());
    known_ = config ? facts_of_config(*config) : binary_head(model_).value_or(XgboostFacts{});
    CHECK_OK(read_rounds(booster, tree_limit));
    facts_.framework = "xgboost " + library_->version().text();
    if (known_.columns > 0) facts_.columns = known_.columns;
    facts_.classes = known_.classes;
    facts_.objective = known_.objective;
    facts_.width = known_.objective == "multi:softprob" ? std::max<std::size_t>(known_.classes, 1) : 1;
    forest_ = make_forest(booster, library_, known_);
    return {};
  }

  const ModelFacts& facts() const override { return facts_; }
  Outcome<std::unique_ptr<Scorer>> scorer() const override;

  Outcome<Booster> load() const {
    TRY(Booster booster, Booster::create(library_));
    if (pickled_) {
      CHECK_OK(booster.unserialize(model_));
    } else if (model_.starts_with('{') && library_->version() < LibraryVersion{1, 6, 0}) {
      CHECK_OK(load_by_name(booster));
    } else {
      CHECK_OK(booster.load(model_));
    }
    CHECK_OK(booster.set_parameter("nthread", "1"));
    return booster;
  }
  const std::shared_ptr<const Library>& library() const { return library_; }
  const std::optional<Forest>& forest() const { return forest_; }
  unsigned rounds() const { return known_.rounds; }

 private:
  // Before 1.6 JSON is told by the file's name alone.
  Outcome<void> load_by_name(Booster& booster) const {
    static std::atomic<int> count{0};
    const std::string path = fs::temp_directory_path() / fmt::format("model-{}-{}.json", getpid(), count++);
    {
      TRY(io::File file, io::File::open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
      CHECK_OK(file.write_all(model_));
    }
    auto loaded = booster.load_file(path);
    ::unlink(path.c_str());
    return loaded;
  }

  // Where training stopped early the rounds after the best one are left out, as the containers do.
  Outcome<void> read_rounds(const Booster& booster, std::optional<unsigned> tree_limit) {
    known_.rounds_are_trees = library_->version() < LibraryVersion{1, 4, 0};
    if (known_.booster == "gblinear") return {};  // it has none
    if (known_.rounds_are_trees) {
      // Only Python's object knew of it, and so only its pickle. Asked for all its trees, DART of before 1.0 leaves some out at random.
      constexpr unsigned more_than_any = 1 << 20;
      const bool random = known_.booster == "dart" && library_->version() < LibraryVersion{1, 0, 0};
      known_.rounds = tree_limit.value_or(random ? more_than_any : 0);
      return {};
    }
    TRY(const auto best, booster.attribute("best_iteration"));
    unsigned number = 0;
    if (best && std::from_chars(best->data(), best->data() + best->size(), number).ec == std::errc{} && number < 1U << 30)
      known_.rounds = number + 1;
    return {};
  }

  const std::shared_ptr<const Library> library_;
  const std::string bytes_;
  std::string_view model_;
  bool pickled_ = false;
  XgboostFacts known_;
  ModelFacts facts_;
  std::optional<Forest> forest_;
};

// Asks the forest where there is one that fits, else a booster of its own.
class XgboostScorer : public Scorer {
 public:
  explicit XgboostScorer(const XgboostModel& model) : model_(model) {}

  Outcome<void> load_booster() {
    if (booster_) return {};
    TRY(Booster booster, model_.load());
    booster_.emplace(std::move(booster));
    return {};
  }

  Outcome<Scores> score(const Rows& rows) override {
    if (const auto& forest = model_.forest(); forest && (!rows.sparse || forest->columns() <= widest)) {
      const bool fits = !rows.sparse && rows.columns == forest->columns();
      if (!fits) fill_up(rows, forest->columns());
      forest->predict(fits ? rows.values : filled_, predicted_);
      return doubled(predicted_, forest->width());
    }
    CHECK_OK(load_booster());
    TRY(const auto predicted, ask_library(rows));
    return doubled(predicted.values, predicted.width);
  }

 private:
  Scores doubled(std::span<const float> values, std::size_t width) {
    doubles_.assign(values.begin(), values.end());
    return {doubles_, width};
  }

  // The rows at the model's full width: what they leave out is missing.
  void fill_up(const Rows& rows, std::size_t columns) {
    filled_.assign(rows.count * columns, missing);
    for (std::size_t row = 0; row < rows.count; ++row) {
      float* const to = filled_.data() + row * columns;
      if (!rows.sparse) {
        std::copy_n(rows.values.data() + row * rows.columns, std::min(rows.columns, columns), to);
        continue;
      }
      for (std::size_t at = rows.starts[row]; at < rows.starts[row + 1]; ++at)
        if (rows.indices[at] < columns) to[rows.indices[at]] = rows.values[at];
    }
  }

  Outcome<xgboost::Prediction> ask_library(const Rows& rows) {
    // Straight from memory is quicker where it can be had: not for every version, kind of model and width of rows.
    if (!rows.sparse && in_place_ && rows.columns == model_.facts().columns) {
      auto predicted = booster_->predict_dense(rows.values, rows.columns, model_.rounds());
      if (predicted) return predicted;
      in_place_ = false;
    }
    auto matrix = rows.sparse ? xgboost::Matrix::sparse(model_.library(), {rows.starts, rows.indices, rows.values, rows.columns})
                              : xgboost::Matrix::dense(model_.library(), rows.values, rows.columns);
    if (!matrix) return std::move(matrix).error();
    return booster_->predict(*matrix, model_.rounds());
  }

  const XgboostModel& model_;
  std::optional<Booster> booster_;
  bool in_place_ = true;
  std::vector<float> filled_, predicted_;
  std::vector<double> doubles_;
};

Outcome<std::unique_ptr<Scorer>> XgboostModel::scorer() const {
  auto made = std::make_unique<XgboostScorer>(*this);
  // Wide sparse rows are never walked: the first of them should not wait for the booster.
  if (!forest_ || forest_->columns() > widest) CHECK_OK(made->load_booster());
  return std::unique_ptr<Scorer>(std::move(made));
}

}  // namespace

Outcome<std::unique_ptr<Model>> load_xgboost(const std::string& folder, const std::string& library_path) {
  TRY(auto library, Library::load(library_path));
  TRY(const std::string file, model_file(folder, "xgboost-model"));
  TRY(std::string bytes, io::read_file(file, largest));
  if (bytes.empty()) return validation("The model's file is empty.");
  auto model = std::make_unique<XgboostModel>(std::move(library), std::move(bytes));
  CHECK_OK(model->open());
  return std::unique_ptr<Model>(std::move(model));
}

}  // namespace clary::model_server
