#include "model_server/xgboost_forest.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <random>

namespace clary::model_server {

namespace json = boost::json;

namespace {

constexpr std::size_t most_columns = 1 << 16, most_text = std::size_t{256} << 20;

std::optional<Link> link_of(const std::string& objective) {
  struct Known {
    const char* objective;
    Link link;
  };
  static constexpr Known known[] = {
      {"reg:linear", Link::identity},        {"reg:squarederror", Link::identity},       {"binary:logitraw", Link::identity},
      {"rank:pairwise", Link::identity},     {"rank:ndcg", Link::identity},              {"rank:map", Link::identity},
      {"reg:squaredlogerror", Link::identity}, {"reg:pseudohubererror", Link::identity}, {"reg:absoluteerror", Link::identity},
      {"binary:logistic", Link::logistic},   {"reg:logistic", Link::logistic},           {"count:poisson", Link::exponential},
      {"reg:gamma", Link::exponential},      {"reg:tweedie", Link::exponential},         {"multi:softprob", Link::softmax},
      {"multi:softmax", Link::largest},
  };
  for (const auto& one : known)
    if (objective == one.objective) return one.link;
  return std::nullopt;
}

// A node of the dump as the forest takes it; children are found by their numbers. False: it is none of a plain tree.
bool read_node(const json::object& object, Forest::Node& node, std::int64_t& missing_child, std::int64_t& yes, std::int64_t& no) {
  auto number = [&](const char* name, std::int64_t& to) {
    const auto* value = object.if_contains(name);
    if (!value || !value->is_int64()) return false;
    to = value->get_int64();
    return true;
  };
  auto real = [&](const char* name, float& to) {
    const auto* value = object.if_contains(name);
    if (!value || !value->is_number()) return false;
    to = static_cast<float>(value->to_number<double>());
    return true;
  };
  yes = no = 0;
  if (object.contains("leaf")) return real("leaf", node.leaf);
  const auto* split = object.if_contains("split");
  if (!split || !split->is_string()) return false;
  const auto& name = split->get_string();
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), node.feature);
  return error == std::errc{} && end == name.data() + name.size() && real("split_condition", node.threshold) && number("yes", yes) &&
         number("no", no) && number("missing", missing_child);
}

// Parents first; empty: it is no plain tree.
std::vector<Forest::Node> read_tree(const std::string& text) {
  boost::system::error_code code;
  json::parse_options options;
  options.max_depth = 4096;
  json::monotonic_resource memory;
  const json::value document = json::parse(text, code, &memory, options);
  if (code || !document.is_object()) return {};
  std::vector<const json::object*> open{&document.get_object()};
  std::vector<Forest::Node> nodes;
  for (std::size_t at = 0; at < open.size(); ++at) {
    Forest::Node node;
    std::int64_t missing_child = 0, yes = 0, no = 0;
    if (!read_node(*open[at], node, missing_child, yes, no)) return {};
    const auto* children = open[at]->if_contains("children");
    if (children && children->is_array()) {
      for (const auto& child : children->get_array()) {
        const auto* id = child.is_object() ? child.get_object().if_contains("nodeid") : nullptr;
        if (!id || !id->is_int64()) return {};
        if (id->get_int64() == yes) node.left = static_cast<std::uint32_t>(open.size());
        if (id->get_int64() == no) node.right = static_cast<std::uint32_t>(open.size());
        open.push_back(&child.get_object());
      }
    }
    if ((node.left == 0) != (node.right == 0) || (yes != no && node.left == 0)) return {};
    node.missing_left = missing_child == yes;
    nodes.push_back(node);
  }
  return nodes;
}

// Rows whose values stand on the model's own thresholds, right below or beside them, or are missing.
std::vector<float> trial_rows(const std::vector<std::vector<float>>& thresholds_by_column, bool with_missing) {
  constexpr std::size_t count = 128;
  const std::size_t columns = thresholds_by_column.size();
  std::mt19937 random(7);
  std::vector<float> rows(count * columns);
  for (std::size_t column = 0; column < columns; ++column) {
    const auto& thresholds = thresholds_by_column[column];
    for (std::size_t row = 0; row < count; ++row) {
      float value = static_cast<float>(random() % 1000) / 250 - 2;
      if (!thresholds.empty()) {
        value = thresholds[random() % thresholds.size()];
        if (const auto side = random() % 3; side != 0) value = std::nextafter(value, side == 1 ? -INFINITY : INFINITY);
      }
      if (!std::isfinite(value)) value = 0;
      if (with_missing && random() % 5 == 0) value = missing;
      rows[row * columns + column] = value;
    }
  }
  return rows;
}

// The largest difference, in parts of the numbers where they are above 1.
float distance(std::span<const float> own, std::span<const float> wanted) {
  if (own.size() != wanted.size()) return INFINITY;
  float largest = 0;
  for (std::size_t at = 0; at < own.size(); ++at) {
    const float apart = std::fabs(own[at] - wanted[at]) / std::max(1.0f, std::fabs(wanted[at]));
    if (!(apart <= largest)) largest = std::isnan(apart) ? INFINITY : apart;
  }
  return largest;
}

constexpr float tolerance = 1e-6f;

// The library's score of a row beside its trees: it knows the base score as a probability, or as what is linked to that, and versions before
// 1.3 add it last.
void find_base(Forest& forest, const std::vector<float>& rows, std::span<const float> margins, float base_score) {
  std::vector<float> sums;
  float nearest = INFINITY, found = 0;
  bool found_last = false;
  for (const float base : {base_score, -std::log(1.0f / base_score - 1.0f), std::log(base_score), 0.0f}) {
    if (!std::isfinite(base)) continue;
    for (const bool last : {false, true}) {
      forest.set_base(base, last);
      forest.predict(rows, sums, true);
      if (const float apart = distance(sums, margins); apart < nearest) {
        nearest = apart;
        found = base;
        found_last = last;
      }
    }
  }
  forest.set_base(found, found_last);
}

bool predicts_the_same(Forest& forest, xgboost::Booster& booster, const std::shared_ptr<const xgboost::Library>& library, const XgboostFacts& facts) {
  const auto thresholds = forest.thresholds();
  for (const bool with_missing : {false, true}) {
    const auto rows = trial_rows(thresholds, with_missing);
    auto matrix = xgboost::Matrix::dense(library, rows, forest.columns());
    if (!matrix) return false;
    if (!with_missing) {
      const auto margins = booster.predict(*matrix, facts.rounds, true);
      if (!margins) return false;
      find_base(forest, rows, margins->values, facts.base_score);
    }
    const auto predicted = booster.predict(*matrix, facts.rounds);
    std::vector<float> own;
    forest.predict(rows, own);
    if (!predicted || distance(own, predicted->values) > tolerance) return false;
  }
  return true;
}

}  // namespace

std::optional<Forest> make_forest(xgboost::Booster& booster, std::shared_ptr<const xgboost::Library> library, const XgboostFacts& facts) {
  if (facts.booster == "dart" || facts.booster == "gblinear") return std::nullopt;
  const auto link = link_of(facts.objective);
  if (!link || facts.columns == 0 || facts.columns > most_columns || !library->call().booster_dump_named) return std::nullopt;
  const auto trees = booster.dump_by_number(facts.columns);
  if (!trees) return std::nullopt;
  std::size_t text = 0;
  for (const auto& tree : *trees) text += tree.size();
  const std::size_t classes = std::max<std::size_t>(facts.classes, 1), a_round = classes * std::max<std::size_t>(facts.parallel_trees, 1);
  std::size_t count = trees->size();
  if (facts.rounds > 0) count = std::min(count, std::size_t{facts.rounds} * (facts.rounds_are_trees ? classes : a_round));
  if (text > most_text || count == 0) return std::nullopt;
  Forest forest(facts.columns, classes, *link);
  for (std::size_t at = 0; at < count; ++at) {
    const auto nodes = read_tree((*trees)[at]);
    if (nodes.empty() || !forest.add(nodes, at / std::max<std::size_t>(facts.parallel_trees, 1) % classes)) return std::nullopt;
  }
  if (!predicts_the_same(forest, booster, library, facts)) return std::nullopt;
  return forest;
}

}  // namespace clary::model_server
