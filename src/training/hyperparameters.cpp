#include "training/hyperparameters.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/ranges.h>
#include <set>

#include "training/custom_metrics.hpp"
#include "training/failure.hpp"
#include "training/hyperparameter_table.hpp"

namespace clary::training {

namespace {

using Type = Hyperparameter::Type;
using Values = std::map<std::string, std::string, std::less<>>;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// The whole numbers in "(1, -1)" or "[[1, 2], [3]]"; nothing where there is anything else.
std::optional<std::vector<long long>> numbers_in_brackets(std::string_view text) {
  std::vector<long long> numbers;
  std::string word;
  const auto take = [&] {
    if (word.empty()) return true;
    const auto number = number_in<long long>(word);
    if (number) numbers.push_back(*number);
    word.clear();
    return number.has_value();
  };
  for (const char c : text) {
    if (std::string_view("()[], \t").find(c) == std::string_view::npos) {
      word += c;
    } else if (!take()) {
      return std::nullopt;
    }
  }
  if (!take() || text.find_first_of("([") == std::string_view::npos) return std::nullopt;
  return numbers;
}

std::string quoted_list(std::span<const std::string_view> values) {
  std::string text = "[";
  for (const auto value : values) text += fmt::format("{}'{}'", text.size() > 1 ? ", " : "", value);
  return text + "]";
}

Error unparsable(std::string_view name) {
  return user_error("Hyperparameter {}: could not parse value (caused by ValueError)", name);
}

Outcome<void> check_value(const Hyperparameter& row, const std::string& value) {
  const auto outside = [&](const std::string& range) {
    return user_error("Hyperparameter {}: {} is not in {}", row.name, printable(value), range);
  };
  switch (row.type) {
    case Type::integer: {
      const auto number = number_in<long long>(value);
      if (!number) return unparsable(row.name);
      if (!row.interval.holds(static_cast<double>(*number)) || *number != static_cast<int>(*number))
        return outside(row.interval.text());
      return {};
    }
    case Type::continuous: {
      const auto number = number_in<double>(value);
      if (!number) return unparsable(row.name);
      if (!row.interval.holds(*number)) return outside(row.interval.text());
      return {};
    }
    case Type::categorical:
      if (row.values.empty() || std::count(row.values.begin(), row.values.end(), value) > 0) return {};
      return outside(quoted_list(row.values));
    case Type::list:
      for (const auto& part : split(value, ',')) {
        if (!row.values.empty() && std::count(row.values.begin(), row.values.end(), part) == 0) {
          return user_error("Hyperparameter {}: value {} not in range {}", row.name, printable(value),
                            quoted_list(row.values));
        }
      }
      return {};
    case Type::tuple:
    case Type::nested: {
      const auto numbers = numbers_in_brackets(value);
      if (!numbers) return unparsable(row.name);
      for (const auto number : *numbers) {
        if (row.interval.holds(static_cast<double>(number))) continue;
        return user_error("Hyperparameter {}: value {} not in range {}", row.name, printable(value),
                          row.type == Type::tuple ? "[-1, 0, 1]" : row.interval.text());
      }
      return {};
    }
  }
  return {};
}

bool is_metric(std::string_view name) {
  const auto in = [&](std::span<const std::string_view> list) {
    return std::count(list.begin(), list.end(), name) > 0;
  };
  return in(maximized_metrics()) || in(minimized_metrics());
}

Outcome<void> check_metric(const std::string& metric) {
  const auto at = metric.find('@');
  if (at == std::string::npos) {
    if (is_metric(metric)) return {};
    std::vector<std::string_view> known(maximized_metrics().begin(), maximized_metrics().end());
    known.insert(known.end(), minimized_metrics().begin(), minimized_metrics().end());
    return user_error("Hyperparameter eval_metric: value {} not in range {}", printable(metric), quoted_list(known));
  }
  const std::string name(trimmed(std::string_view(metric).substr(0, at)));
  if (name != "error" && name != "ndcg" && name != "map") {
    return user_error(
        "Metric '{}' is not supported. Parameter 'eval_metric' with customized threshold should be one of these "
        "options: "
        "'error', 'ndcg', 'map'.",
        printable(metric));
  }
  std::string_view threshold = trimmed(std::string_view(metric).substr(at + 1));
  if (threshold.ends_with('-') && name != "error") threshold.remove_suffix(1);  // ndcg@5-: an empty list counts 0
  if (!number_in<double>(threshold)) return user_error("Threshold value 't' in '{}@t' expects float input.", name);
  return {};
}

Outcome<void> check_updater(const Values& values) {
  const auto updater = values.find("updater");
  if (updater == values.end()) return {};
  const auto parts = split(updater->second, ',');
  const auto all_of = [&](std::set<std::string_view> allowed) {
    return std::all_of(parts.begin(), parts.end(), [&](const std::string& part) { return allowed.contains(part); });
  };
  const auto is = [&](std::string_view name, std::string_view value) {
    const auto found = values.find(name);
    return found != values.end() && found->second == value;
  };
  if (is("booster", "gblinear")) {
    if (parts.size() == 1 && all_of({"shotgun", "coord_descent"})) return {};
    return user_error("Linear updater should be one of these options: 'shotgun', 'coord_descent'.");
  }
  if (is("process_type", "update")) {
    if (all_of({"refresh", "prune"})) return {};
    return user_error("process_type 'update' can only be used with updater 'refresh' and 'prune'");
  }
  const std::set<std::string_view> growers{"grow_colmaker", "distcol", "grow_histmaker", "grow_local_histmaker",
                                           "grow_quantile_histmaker"};
  std::set<std::string_view> tree = growers;
  tree.insert({"grow_skmaker", "sync", "refresh", "prune"});
  if (!all_of(tree)) {
    return user_error(
        "Tree updater should be selected from these options: 'grow_colmaker', 'distcol', 'grow_histmaker', "
        "'grow_local_histmaker', 'grow_skmaker', 'grow_quantile_histmaker', 'sync', 'refresh', 'prune', 'shortgun', "
        "'coord_descent'.");
  }
  if (std::count_if(parts.begin(), parts.end(), [&](const std::string& part) { return growers.contains(part); }) > 1) {
    return user_error(
        "Only one tree grow plugin can be selected. Choose one from the following: 'grow_colmaker', 'distcol', "
        "'grow_histmaker', 'grow_local_histmaker', 'grow_skmaker'");
  }
  return {};
}

// What depends on another hyperparameter.
Outcome<void> check_together(const Values& values, const std::vector<std::string>& metrics) {
  const auto value = [&](std::string_view name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string_view() : std::string_view(found->second);
  };
  CHECK_OK(check_updater(values));
  const std::string_view objective = value("objective"), tree_method = value("tree_method");
  if ((objective == "multi:softmax" || objective == "multi:softprob") && value("num_class").empty())
    return user_error("Require input for parameter 'num_class' for multi-classification");
  const auto asks = [&](const char* metric) { return std::count(metrics.begin(), metrics.end(), metric) > 0; };
  if (asks("auc") && !objective.starts_with("binary:") && !objective.starts_with("rank:"))
    return user_error("Metric 'auc' can only be applied for classification and ranking problems.");
  if (asks("aft-nloglik") && objective != "survival:aft")
    return user_error("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.");
  if (!value("monotone_constraints").empty() && tree_method != "exact" && tree_method != "hist") {
    return user_error(
        "monotone_constraints can be used only when the tree_method parameter is set to either 'exact' or 'hist'.");
  }
  if (!value("interaction_constraints").empty() && tree_method != "exact" && tree_method != "hist" &&
      tree_method != "approx") {
    return user_error(
        "interaction_constraints can be used only when the tree_method parameter is set to either 'exact', 'hist' or "
        "'approx'.");
  }
  for (const char* name : {"tree_method", "predictor"}) {
    if (value(name).starts_with("gpu"))
      return user_error("Hyperparameter {}: {}: there is no GPU for it here.", name, value(name));
  }
  if (!value("_kfold").empty()) return user_error("Hyperparameter _kfold: cross validation is not served here.");
  if (value("use_dask_gpu_training") == "true")
    return user_error("Hyperparameter use_dask_gpu_training: there is no GPU for it here.");
  return {};
}

// Both lists in one; of two they are sorted, as the containers have it, so that all hosts have the same order.
std::vector<std::string> united(std::vector<std::string> tuned, const std::vector<std::string>& asked) {
  if (tuned.empty()) return asked;
  if (asked.empty()) return tuned;
  std::set<std::string> both(tuned.begin(), tuned.end());
  both.insert(asked.begin(), asked.end());
  return {both.begin(), both.end()};
}

void take_metrics(Hyperparameters& read, const Values& values) {
  std::vector<std::string> tuned, asked;
  if (const auto found = values.find("_tuning_objective_metric"); found != values.end()) {
    const auto parts = split(found->second, ':');
    tuned = split(parts.size() > 1 ? parts[1] : parts[0], ',');
  }
  if (const auto found = values.find("eval_metric"); found != values.end()) asked = split(found->second, ',');
  for (auto& metric : united(tuned, asked)) {
    auto& list = is_custom_metric(metric) ? read.custom_metrics : read.library_metrics;
    if (std::count(list.begin(), list.end(), metric) == 0) list.push_back(metric);
  }
  if (!tuned.empty()) {
    read.stopping_metric = tuned.back();
  } else if (!asked.empty()) {
    read.stopping_metric = asked.back();
  }
}

Hyperparameters taken(const Values& values) {
  Hyperparameters read;
  for (const auto& [name, value] : values) {
    const int number = number_in<int>(value).value_or(0);
    if (name == "num_round") {
      read.rounds = number;
    } else if (name == "csv_weights") {
      read.csv_weights = number == 1;
    } else if (name == "early_stopping_rounds") {
      read.early_stopping_rounds = number;
    } else if (name == "save_model_on_termination") {
      read.save_model_on_termination = value == "true";
    } else if (name != "eval_metric" && name != "_tuning_objective_metric" && name != "use_dask_gpu_training" &&
               name != "_num_cv_round") {
      if (name == "booster") read.booster = value;
      if (name == "num_parallel_tree") read.parallel_trees = number;
      read.library.emplace_back(name, value);
    }
  }
  take_metrics(read, values);
  return read;
}

}  // namespace

Outcome<Hyperparameters> read_hyperparameters(const std::map<std::string, std::string>& given) {
  if (!given.contains("num_round")) return user_error("Missing required hyperparameter: num_round");
  Values values;
  for (const auto& [name, value] : given) {
    const Hyperparameter* row = find_hyperparameter(canonical_name(name));
    if (row == nullptr) return user_error("Extraneous hyperparameter found: {}", printable(name));
    CHECK_OK(check_value(*row, value));
    const bool spaced = row->type == Type::integer || row->type == Type::continuous;
    values[std::string(row->name)] = spaced ? std::string(trimmed(value)) : value;
  }
  std::vector<std::string> metrics;
  if (const auto found = values.find("eval_metric"); found != values.end()) metrics = split(found->second, ',');
  for (const auto& metric : metrics) CHECK_OK(check_metric(metric));
  if (const auto found = values.find("_tuning_objective_metric"); found != values.end()) {
    const auto parts = split(found->second, ':');
    if (parts.size() < 2 || parts[0] != "validation" || !is_metric(parts[1])) {
      return user_error("Hyperparameter _tuning_objective_metric: {} is not one of the metrics validation:<metric>",
                        printable(found->second));
    }
  }
  CHECK_OK(check_together(values, metrics));
  return taken(values);
}

bool is_maximized(std::string_view metric) {
  metric = metric.substr(0, metric.find('@'));
  const auto list = maximized_metrics();
  return std::count(list.begin(), list.end(), metric) > 0;
}

}  // namespace clary::training
