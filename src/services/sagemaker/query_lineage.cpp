#include <algorithm>

#include "meta/graph_walk.hpp"
#include "meta/page_token.hpp"
#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/lineage.hpp"

namespace clary::services::sagemaker {

namespace {

// Where the call names no number, clients read one page and no token: they are to get the whole of any lineage of an ordinary size.
constexpr std::int64_t vertices_a_page = 1000;
constexpr std::int64_t deepest = 10;

Outcome<void> check_query(const QueryLineageInput& in) {
  if (!in.StartArns || in.StartArns->empty()) return validation("At least one ARN must be given in StartArns.");
  if (in.MaxDepth && *in.MaxDepth < 1) return validation("MaxDepth must be at least 1.");
  if (in.MaxResults && *in.MaxResults < 1) return validation("MaxResults must be at least 1.");
  return {};
}

bool is_in(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool passes(const QueryFilters& filters, const meta::Reached& reached) {
  if (filters.Types && !filters.Types->empty() && !is_in(*filters.Types, reached.type)) return false;
  if (filters.LineageTypes && !filters.LineageTypes->empty() && !is_in(*filters.LineageTypes, lineage_type(reached.kind))) return false;
  if (filters.CreatedAfter && reached.created < *filters.CreatedAfter) return false;
  if (filters.CreatedBefore && *filters.CreatedBefore < reached.created) return false;
  if (filters.ModifiedAfter && reached.modified < *filters.ModifiedAfter) return false;
  return !filters.ModifiedBefore || !(*filters.ModifiedBefore < reached.modified);
}

Outcome<std::optional<Properties>> properties_of(const meta::Record& record) {
  if (record.kind == artifact_kind) {
    TRY(auto artifact, read_entity<ArtifactEntity>(record));
    return artifact.Properties;
  }
  if (record.kind == action_kind) {
    TRY(auto action, read_entity<ActionEntity>(record));
    return action.Properties;
  }
  if (record.kind != context_kind) return std::optional<Properties>();
  TRY(auto context, read_entity<ContextEntity>(record));
  return context.Properties;
}

class LineageQuery {
 public:
  LineageQuery(meta::Session& session, const QueryLineageInput& in) : session_(session), in_(in) {
    options_.ascend = in.Direction != "Descendants";
    options_.descend = in.Direction != "Ascendants";
    options_.depth = static_cast<int>(in.MaxDepth.value_or(deepest));
    options_.with_steps = in.IncludeEdges.value_or(false);
  }

  Outcome<QueryLineageOutput> run(const meta::Record& start) {
    TRY(auto walk, meta::walk(session_, start.id, options_));
    auto end = end_of(start);
    meta::Reached origin{start.id, 0, start.kind, end.type, start.created, start.modified};
    TRY(auto chosen, choose(walk, origin));
    QueryLineageOutput out;
    out.Vertices.emplace();
    out.Edges.emplace();
    CHECK_OK(fill_page(chosen, out));
    CHECK_OK(fill_edges(walk, out));
    return out;
  }

 private:
  // What is asked for; with edges, what is on the way to it too, the start first.
  Outcome<std::vector<meta::Reached>> choose(const meta::Walk& walk, const meta::Reached& start) {
    std::vector<meta::Reached> chosen;
    for (const meta::Reached& reached : walk.reached) {
      TRY(bool matches, is_asked_for(reached));
      if (matches) chosen.push_back(reached);
    }
    if (!options_.with_steps) return chosen;
    std::vector<std::int64_t> ends;
    for (const meta::Reached& reached : chosen) ends.push_back(reached.record);
    auto kept = meta::on_the_way(walk, options_, ends);
    chosen.assign(1, start);
    for (const meta::Reached& reached : walk.reached) {
      if (kept.contains(reached.record)) chosen.push_back(reached);
    }
    return chosen;
  }

  Outcome<bool> is_asked_for(const meta::Reached& reached) {
    if (!in_.Filters) return true;
    if (!passes(*in_.Filters, reached)) return false;
    const auto& wanted = in_.Filters->Properties;
    if (!wanted || wanted->empty()) return true;
    TRY(auto record, meta::find_by_id(session_, reached.record));
    if (!record) return false;
    TRY(auto properties, properties_of(*record));
    return properties && std::any_of(wanted->begin(), wanted->end(), [&](const auto& pair) {
             auto found = properties->find(pair.first);
             return found != properties->end() && found->second == pair.second;
           });
  }

  Outcome<void> fill_page(const std::vector<meta::Reached>& chosen, QueryLineageOutput& out) {
    const std::string asked = fmt::format("lineage\n{}\n{}\n{}\n{}", in_.StartArns->front(), options_.ascend, options_.descend, options_.depth);
    std::optional<meta::PagePlace> after;
    if (in_.NextToken && !in_.NextToken->empty()) {
      TRY(after, meta::read_page_token(asked, *in_.NextToken));
    }
    const auto size = static_cast<std::size_t>(in_.MaxResults.value_or(vertices_a_page));
    for (const meta::Reached& vertex : chosen) {
      const bool on_this_page = !after || std::pair<std::int64_t, std::int64_t>(vertex.depth, vertex.record) > std::pair(after->number, after->id);
      if (on_this_page && out.Vertices->size() == size) {
        out.NextToken = meta::make_page_token(asked, last_);
        return {};
      }
      vertices_.emplace(vertex.record, on_this_page);
      if (!on_this_page) continue;
      TRY(std::string arn, arn_of(vertex.record));
      out.Vertices->push_back({.Arn = arn, .Type = vertex.type.empty() ? std::nullopt : std::optional(vertex.type),
                               .LineageType = std::string(lineage_type(vertex.kind))});
      last_ = {"", vertex.depth, vertex.record};
    }
    return {};
  }

  // An edge comes on the page of that of its ends which comes later.
  Outcome<void> fill_edges(const meta::Walk& walk, QueryLineageOutput& out) {
    for (const meta::WalkStep& step : walk.steps) {
      auto source = vertices_.find(step.source), destination = vertices_.find(step.destination);
      if (source == vertices_.end() || destination == vertices_.end() || !(source->second || destination->second)) continue;
      TRY(std::string source_arn, arn_of(step.source));
      TRY(std::string destination_arn, arn_of(step.destination));
      out.Edges->push_back({.SourceArn = source_arn, .DestinationArn = destination_arn,
                            .AssociationType = step.association.empty() ? std::nullopt : std::optional(step.association)});
    }
    return {};
  }

  Outcome<std::string> arn_of(std::int64_t id) {
    if (auto known = arns_.find(id); known != arns_.end()) return known->second;
    TRY(auto record, meta::find_by_id(session_, id));
    if (!record) return internal("record {} was found and then not there", id);
    return arns_.emplace(id, record->arn).first->second;
  }

  meta::Session& session_;
  const QueryLineageInput& in_;
  meta::WalkOptions options_;
  std::unordered_map<std::int64_t, bool> vertices_;  // of the pages so far: whether on this one
  std::unordered_map<std::int64_t, std::string> arns_;
  meta::PagePlace last_;
};

}  // namespace

Outcome<QueryLineageOutput> query_lineage(Context& call, const QueryLineageInput& in) {
  CHECK_OK(check_query(in));
  return call.store.read([&](meta::Session& session) -> Outcome<QueryLineageOutput> {
    TRY(auto start, find_entity(session, call.scope, in.StartArns->front()));
    return LineageQuery(session, in).run(start);
  });
}

}  // namespace clary::services::sagemaker
