#include "training/boosting.hpp"

#include <algorithm>
#include <array>

#include "io/file.hpp"
#include "training/checkpoint_files.hpp"
#include "training/custom_metrics.hpp"
#include "training/early_stopping.hpp"
#include "training/evaluation.hpp"
#include "training/failure.hpp"
#include "training/numbers.hpp"
#include "training/pickle.hpp"
#include "training/say.hpp"
#include "xgboost/booster.hpp"

namespace clary::training {

namespace {

constexpr std::string_view tab = "#011";
constexpr std::size_t largest_model = std::size_t{1} << 36;

// What the library complains of because of the data or the settings, not because of a fault of its own.
constexpr std::array<std::string_view, 6> of_the_user{
    "label must be",  // in [0,1] for logistic regression, in [0, num_class), nonnegative...
    "feature_names mismatch",
    "preds.size() == info.labels_.size()",
    "the dataset only contains pos or neg samples",
    "base_score must be in (0,1) for logistic loss",
    "reg_lambda",
};

Error of_library(Error error) {
  for (const auto words : of_the_user) {
    if (error.message.find(words) != std::string::npos) return user_error("{}", error.message);
  }
  return algorithm_failure("XGB train call failed with exception:\n {}", error.message);
}

// The library's answer, or its complaint as the job's failure.
template <typename T>
Outcome<T> told(Outcome<T> outcome) {
  if (!outcome) return of_library(std::move(outcome).error());
  return outcome;
}

// The library copies the values: they are not kept twice.
Outcome<xgboost::Matrix> make_matrix(const BoostingJob& job, Rows& rows) {
  auto made =
      rows.sparse
          ? xgboost::Matrix::sparse(
                job.library,
                {.starts = rows.offsets, .columns = rows.indices, .values = rows.values, .column_count = rows.columns})
          : xgboost::Matrix::dense(job.library, rows.values, rows.columns, 0);
  TRY(xgboost::Matrix matrix, told(std::move(made)));
  CHECK_OK(told(matrix.set("label", std::span<const float>(rows.labels))));
  if (!rows.weights.empty()) CHECK_OK(told(matrix.set("weight", std::span<const float>(rows.weights))));
  if (!rows.groups.empty()) CHECK_OK(told(matrix.set("group", std::span<const unsigned>(rows.groups))));
  rows.values = {};
  rows.indices = {};
  rows.offsets = {};
  return matrix;
}

class Boosting {
 public:
  Boosting(const BoostingJob& job, Termination& termination, xgboost::Matrix train,
           std::optional<xgboost::Matrix> validation)
      : job_(job),
        asked_(job.asked),
        release_(job.library->version()),
        termination_(termination),
        train_(std::move(train)),
        validation_(std::move(validation)),
        stopping_(EarlyStopping::make(asked_, release_, validation_.has_value())) {
    if (!job.checkpoint_folder.empty()) checkpoints_.emplace(job.checkpoint_folder);
    sets_.push_back({"train", &train_});
    if (validation_) sets_.push_back({"validation", &*validation_});
  }

  Outcome<void> run() {
    CHECK_OK(begin());
    for (int i = first_; i < asked_.rounds; ++i) {
      if (termination_.asked()) return stopped(i - 1);
      CHECK_OK(told(booster_->update(i, train_)));
      CHECK_OK(checkpoint_among_hosts());
      last_ = i;
      TRY(const bool enough, after_round(i));
      if (enough) break;
      CHECK_OK(checkpoint_among_hosts());
    }
    return finish();
  }

 private:
  bool leads() const { return job_.collective == nullptr || job_.collective->rank() == 0; }

  Outcome<xgboost::Booster> make_booster() const {
    std::vector<const xgboost::Matrix*> matrices{&train_};
    for (const auto& set : sets_) matrices.push_back(set.matrix);
    TRY(xgboost::Booster booster, told(xgboost::Booster::create(job_.library, matrices)));
    for (const auto& [name, value] : asked_.library) CHECK_OK(told(booster.set_parameter(name, value)));
    for (const auto& metric : asked_.library_metrics) CHECK_OK(told(booster.set_parameter("eval_metric", metric)));
    return booster;
  }

  Outcome<void> begin() {
    TRY(booster_, make_booster());
    if (checkpoints_) CHECK_OK(resume());
    if (job_.collective == nullptr) {
      termination_.end_between_rounds();
      return {};
    }
    if (release_.rabit_checkpoints()) CHECK_OK(told(job_.collective->start(*booster_)));
    return {};
  }

  // From the newest checkpoint that can be read.
  Outcome<void> resume() {
    constexpr int most_tries = 5;
    int tries = 0;
    for (const auto& found : checkpoints_->found()) {
      if (++tries > most_tries) break;
      TRY(const std::string bytes, io::read_file(found.path, largest_model));
      TRY(xgboost::Booster trial, told(xgboost::Booster::create(job_.library)));
      if (!trial.load(bytes)) continue;
      CHECK_OK(told(booster_->load(bytes)));
      first_ = found.iteration + 1;
      last_ = found.iteration;
      say("Checkpoint loaded from {}", found.path);
      say("Resuming from iteration {}", first_);
      return resume_stopping();
    }
    return {};
  }

  Outcome<void> resume_stopping() {
    if (!stopping_) return {};
    TRY(const auto score, told(booster_->attribute("best_score")));
    TRY(const auto iteration, told(booster_->attribute("best_iteration")));
    TRY(const auto line, told(booster_->attribute("best_msg")));
    Best best{.line = line.value_or("")};
    if (score && iteration && read_whole(*score, best.score) && read_whole(*iteration, best.iteration))
      stopping_->resume(std::move(best));
    return {};
  }

  Outcome<std::vector<Score>> scores(int iteration) {
    TRY(const std::string line, told(booster_->evaluate(iteration, sets_)));
    std::vector<Score> all = parse_scores(line);
    if (asked_.custom_metrics.empty()) return all;
    for (const auto& set : sets_) {
      TRY(const xgboost::Prediction predicted, told(booster_->predict(*set.matrix, 0, true)));
      const auto& labels = set.matrix == &train_ ? job_.train.labels : job_.validation->labels;
      std::vector<double> values;
      for (const auto& metric : asked_.custom_metrics) {
        TRY(const double value, custom_metric(metric, predicted.values, predicted.width, labels));
        values.push_back(value);
      }
      if (job_.collective != nullptr) CHECK_OK(told(job_.collective->average(values)));
      for (std::size_t i = 0; i < values.size(); ++i) all.push_back({set.name, asked_.custom_metrics[i], values[i]});
    }
    // Since 1.3 a set's metrics stand together.
    if (!release_.classic()) {
      std::stable_partition(all.begin(), all.end(), [](const Score& score) { return score.set == "train"; });
    }
    return all;
  }

  // Its scores, its checkpoint, and whether it was the last one.
  Outcome<bool> after_round(int iteration) {
    TRY(const auto all, scores(iteration));
    if (leads()) {
      say_line(scores_line(iteration, all, release_, tab));
      if (checkpoints_) CHECK_OK(save_checkpoint(iteration));
      if (job_.collective != nullptr && saves_on_termination()) CHECK_OK(keep_for_termination(iteration));
    }
    return is_enough(iteration, all);
  }

  Outcome<bool> is_enough(int iteration, const std::vector<Score>& all) {
    if (!stopping_) return false;
    const Score* watched = stopping_->watched(all);
    if (watched == nullptr)
      return user_error("The metric of early stopping, '{}', is not evaluated.", asked_.stopping_metric);
    if (iteration == first_ && leads() && release_.classic()) {
      if (all.size() > 1)
        say_line(fmt::format("Multiple eval metrics have been passed: '{}' will be used for early stopping.\n",
                             watched->label()));
      say_line(fmt::format("Will train until {} hasn't improved in {} rounds.", watched->label(), stopping_->rounds()));
    }
    const bool enough = stopping_->after(iteration, all, scores_line(iteration, all, release_, "\t"));
    if (stopping_->improved()) {
      const Best& best = *stopping_->best();
      CHECK_OK(told(booster_->set_attribute("best_score", python_number(best.score))));
      CHECK_OK(told(booster_->set_attribute("best_iteration", std::to_string(best.iteration))));
      if (release_.classic()) CHECK_OK(told(booster_->set_attribute("best_msg", best.line)));
    }
    if (enough && leads() && release_.classic()) {
      const auto& scores_of_best = stopping_->best()->line;
      say_line(fmt::format("Stopping. Best iteration:\n{}\n", with_shown_tabs(scores_of_best)));
    }
    return enough;
  }

  static std::string with_shown_tabs(const std::string& line) {
    std::string shown;
    for (const char c : line) c == '\t' ? shown.append(tab) : shown.append(1, c);
    return shown;
  }

  // The library wants to know the end of each step among the hosts, for one that is lost could begin anew there.
  Outcome<void> checkpoint_among_hosts() {
    if (job_.collective == nullptr || !release_.rabit_checkpoints()) return {};
    return told(job_.collective->checkpoint(*booster_));
  }

  Outcome<void> save_checkpoint(int iteration) {
    TRY(const std::string model, told(booster_->save("ubj")));
    return checkpoints_->save(model, iteration);
  }

  // As the containers: the classic ones always, without checkpoints of the job's own; the others where asked.
  bool saves_on_termination() const {
    return release_.classic() ? !checkpoints_.has_value() : asked_.save_model_on_termination;
  }
  std::string termination_path(int iteration) const {
    return job_.model_folder +
           (release_.classic() ? "/xgboost-checkpoint." + std::to_string(iteration) : "/xgboost-model");
  }
  Outcome<void> keep_for_termination(int iteration) {
    TRY(std::string model, saved(*booster_));
    termination_.keep(termination_path(iteration), std::move(model));
    return {};
  }

  Outcome<void> stopped(int iteration) {
    say("The training was stopped after {} rounds.", iteration + 1);
    if (!leads() || !saves_on_termination() || iteration < first_) return {};
    TRY(const std::string model, saved(*booster_));
    return write_output(termination_path(iteration), model);
  }

  Outcome<void> finish() {
    if (!leads()) return {};
    if (release_.classic()) return finish_classic();
    if (stopping_ && stopping_->best()) {
      TRY(auto best, told(booster_->first_rounds(stopping_->best()->iteration + 1)));
      if (best) {
        CHECK_OK(name_best(*best));
        return save_file(*best);
      }
      say("The booster {} cannot be cut back to its best iteration: the model has all of them.", asked_.booster);
    }
    return save_file(*booster_);
  }

  // As Python's EarlyStopping(save_best=True) leaves a booster that it has cut back.
  Outcome<void> name_best(xgboost::Booster& booster) const {
    const Best& best = *stopping_->best();
    CHECK_OK(told(booster.set_attribute("best_iteration", std::to_string(best.iteration))));
    if (release_.names_tree_limit()) return told(booster.set_attribute("best_ntree_limit", std::to_string((best.iteration + 1) * asked_.parallel_trees)));
    return told(booster.set_attribute("best_score", python_number(best.score)));
  }

  Outcome<void> save_file(xgboost::Booster& booster) const {
    TRY(const std::string model, saved(booster));
    return termination_.write_last(job_.model_folder + "/xgboost-model", model);
  }

  // As the release saves to a file without an ending: the old binary, since 2.1 UBJSON.
  Outcome<std::string> saved(xgboost::Booster& booster) const {
    return told(booster.save(release_.saves_ubjson() ? "ubj" : "deprecated"));
  }

  Outcome<void> finish_classic() {
    TRY(const std::string model, told(booster_->serialize()));
    TRY(const std::uint64_t columns, told(train_.columns()));
    BoosterState state{.model = model, .columns = columns};
    if (release_.pickles_booster_name()) state.booster = asked_.booster;
    state.best_iteration = last_;
    if (stopping_ && stopping_->best()) {
      state.best_iteration = stopping_->best()->iteration;
      state.best_score = stopping_->best()->score;
    }
    state.best_ntree_limit = (state.best_iteration + 1) * asked_.parallel_trees;
    return termination_.write_last(job_.model_folder + "/xgboost-model", pickled_booster(state));
  }

  const BoostingJob& job_;
  const Hyperparameters& asked_;
  const Release release_;
  Termination& termination_;
  xgboost::Matrix train_;
  std::optional<xgboost::Matrix> validation_;
  std::vector<xgboost::Evaluated> sets_;
  std::optional<xgboost::Booster> booster_;
  std::optional<CheckpointFiles> checkpoints_;
  std::optional<EarlyStopping> stopping_;
  int first_ = 0, last_ = -1;
};

}  // namespace

Outcome<void> boost(BoostingJob job, Termination& termination) {
  TRY(xgboost::Matrix train, make_matrix(job, job.train));
  std::optional<xgboost::Matrix> validation;
  if (job.validation) {
    TRY(xgboost::Matrix made, make_matrix(job, *job.validation));
    validation = std::move(made);
  }
  say("Train matrix has {} rows and {} columns", job.train.count(), job.train.columns);
  if (job.validation) say("Validation matrix has {} rows", job.validation->count());
  return Boosting(job, termination, std::move(train), std::move(validation)).run();
}

}  // namespace clary::training
