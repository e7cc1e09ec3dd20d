#include "training/hyperparameter_table.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace clary::training {

namespace {

using Type = Hyperparameter::Type;

constexpr Interval at_least(double from) {
  return {.from = from};
}
constexpr Interval above(double from) {
  return {.from = from, .from_open = true};
}
constexpr Interval between(double from, double to) {
  return {.from = from, .to = to};
}
constexpr Interval above_to(double from, double to) {
  return {.from = from, .from_open = true, .to = to};
}
constexpr Interval inside(double from, double to) {
  return {.from = from, .from_open = true, .to = to, .to_open = true};
}

const std::vector<Hyperparameter>& table() {
  static const std::vector<Hyperparameter> rows{
      {"num_round", Type::integer, at_least(1)},
      {"csv_weights", Type::integer, between(0, 1)},
      {"early_stopping_rounds", Type::integer, at_least(1)},
      {"booster", Type::categorical, {}, {"gbtree", "gblinear", "dart"}},
      {"silent", Type::integer, between(0, 1)},
      {"verbosity", Type::integer, between(0, 3)},
      {"nthread", Type::integer, at_least(1)},
      {"eta", Type::continuous, between(0, 1)},
      {"gamma", Type::continuous, at_least(0)},
      {"max_depth", Type::integer, at_least(0)},
      {"min_child_weight", Type::continuous, at_least(0)},
      {"max_delta_step", Type::continuous, at_least(0)},
      {"subsample", Type::continuous, above_to(0, 1)},
      {"colsample_bytree", Type::continuous, above_to(0, 1)},
      {"colsample_bylevel", Type::continuous, above_to(0, 1)},
      {"colsample_bynode", Type::continuous, above_to(0, 1)},
      {"lambda", Type::continuous, at_least(0)},
      {"alpha", Type::continuous, at_least(0)},
      {"tree_method", Type::categorical, {}, {"auto", "exact", "approx", "hist", "gpu_hist"}},
      {"sketch_eps", Type::continuous, inside(0, 1)},
      {"scale_pos_weight", Type::continuous, above(0)},
      {"updater",
       Type::list,
       {},
       {"grow_colmaker", "distcol", "grow_histmaker", "grow_local_histmaker", "grow_skmaker", "sync", "refresh",
        "prune", "grow_quantile_histmaker", "shotgun", "coord_descent"}},
      {"dsplit", Type::categorical, {}, {"row", "col"}},
      {"refresh_leaf", Type::integer, between(0, 1)},
      {"process_type", Type::categorical, {}, {"default", "update"}},
      {"grow_policy", Type::categorical, {}, {"depthwise", "lossguide"}},
      {"max_leaves", Type::integer, at_least(0)},
      {"max_bin", Type::integer, at_least(0)},
      {"predictor", Type::categorical, {}, {"auto", "cpu_predictor", "gpu_predictor"}},
      {"monotone_constraints", Type::tuple, between(-1, 1)},
      {"interaction_constraints", Type::nested, at_least(1)},
      {"sample_type", Type::categorical, {}, {"uniform", "weighted"}},
      {"normalize_type", Type::categorical, {}, {"tree", "forest"}},
      {"rate_drop", Type::continuous, between(0, 1)},
      {"one_drop", Type::integer, between(0, 1)},
      {"skip_drop", Type::continuous, between(0, 1)},
      {"lambda_bias", Type::continuous, between(0, 1)},
      {"tweedie_variance_power", Type::continuous, inside(1, 2)},
      {"objective",
       Type::categorical,
       {},
       {"binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson", "multi:softmax", "multi:softprob",
        "rank:pairwise", "rank:ndcg", "rank:map", "reg:linear", "reg:squarederror", "reg:logistic", "reg:gamma",
        "reg:pseudohubererror", "reg:squaredlogerror", "reg:absoluteerror", "reg:tweedie", "survival:aft",
        "survival:cox"}},
      {"num_class", Type::integer, at_least(2)},
      {"base_score", Type::continuous, at_least(0)},
      {"_kfold", Type::integer, at_least(2)},
      {"_num_cv_round", Type::integer, at_least(1)},
      {"_tuning_objective_metric", Type::categorical},
      {"eval_metric", Type::list},
      {"seed", Type::integer, inside(-2147483648.0, 2147483647.0)},
      {"num_parallel_tree", Type::integer, at_least(1)},
      {"save_model_on_termination", Type::categorical, {}, {"true", "false"}},
      {"aft_loss_distribution", Type::categorical, {}, {"normal", "logistic", "extreme"}},
      {"aft_loss_distribution_scale", Type::continuous, at_least(0)},
      {"single_precision_histogram", Type::categorical, {}, {"true", "false"}},
      {"deterministic_histogram", Type::categorical, {}, {"true", "false"}},
      {"sampling_method", Type::categorical, {}, {"uniform", "gradient_based"}},
      {"prob_buffer_row", Type::integer, above(1)},
      {"use_dask_gpu_training", Type::categorical, {}, {"true", "false"}},
  };
  return rows;
}

constexpr std::array<std::string_view, 16> maximized{"accuracy",
                                                     "auc",
                                                     "aucpr",
                                                     "balanced_accuracy",
                                                     "f1",
                                                     "f1_binary",
                                                     "f1_macro",
                                                     "map",
                                                     "ndcg",
                                                     "precision",
                                                     "r2",
                                                     "recall",
                                                     "precision_macro",
                                                     "precision_micro",
                                                     "recall_macro",
                                                     "recall_micro"};
constexpr std::array<std::string_view, 18> minimized{"aft-nloglik",
                                                     "cox-nloglik",
                                                     "error",
                                                     "gamma-deviance",
                                                     "gamma-nloglik",
                                                     "interval-regression-accuracy",
                                                     "logloss",
                                                     "mae",
                                                     "mape",
                                                     "merror",
                                                     "mlogloss",
                                                     "mphe",
                                                     "mse",
                                                     "poisson-nloglik",
                                                     "rmse",
                                                     "rmsle",
                                                     "tweedie-nloglik",
                                                     "quantile"};

std::string number_text(double value) {
  return value == static_cast<double>(static_cast<long long>(value)) ? fmt::format("{}", static_cast<long long>(value))
                                                                     : fmt::format("{}", value);
}

}  // namespace

bool Interval::holds(double value) const {
  return (from_open ? value > from : value >= from) && (to_open ? value < to : value <= to);  // NaN is in none
}

std::string Interval::text() const {
  const std::string low = from == -std::numeric_limits<double>::infinity()
                              ? "(-inf, "
                              : fmt::format("{}{}, ", from_open ? "(" : "[", number_text(from));
  return to == std::numeric_limits<double>::infinity() ? low + "+inf)" : low + number_text(to) + (to_open ? ")" : "]");
}

const Hyperparameter* find_hyperparameter(std::string_view name) {
  const auto found =
      std::find_if(table().begin(), table().end(), [&](const Hyperparameter& row) { return row.name == name; });
  return found == table().end() ? nullptr : &*found;
}

std::string_view canonical_name(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> aliases{
      {{"learning_rate", "eta"}, {"min_split_loss", "gamma"}, {"reg_lambda", "lambda"}, {"reg_alpha", "alpha"}}};
  for (const auto& [alias, canonical] : aliases) {
    if (name == alias) return canonical;
  }
  return name;
}

std::span<const std::string_view> maximized_metrics() {
  return maximized;
}

std::span<const std::string_view> minimized_metrics() {
  return minimized;
}

}  // namespace clary::training
