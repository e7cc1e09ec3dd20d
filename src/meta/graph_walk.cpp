#include "meta/graph_walk.hpp"

#include <algorithm>
#include <unordered_map>

namespace clary::meta {
namespace {

class Walker {
 public:
  Walker(Session& session, const WalkOptions& options) : session_(session), options_(options) {}

  Outcome<Walk> from(std::int64_t start) {
    seen_.insert(start);
    std::vector<std::int64_t> edge{start};
    for (int depth = 1; depth <= options_.depth && !edge.empty(); ++depth) {
      const std::size_t first = walk_.reached.size();
      for (std::int64_t record : edge) CHECK_OK(step_from(record, depth));
      std::sort(walk_.reached.begin() + static_cast<std::ptrdiff_t>(first), walk_.reached.end(),
                [](const Reached& a, const Reached& b) { return a.record < b.record; });
      edge.clear();
      for (std::size_t i = first; i < walk_.reached.size(); ++i) edge.push_back(walk_.reached[i].record);
    }
    return std::move(walk_);
  }

 private:
  Outcome<void> step_from(std::int64_t record, int depth) {
    if (options_.ascend) {
      CHECK_OK(each_source(session_, record, [&](const Neighbour& source) {
        note(source, depth);
        note_step(source.record, record, source.association);
      }));
    }
    if (options_.descend) {
      CHECK_OK(each_destination(session_, record, [&](const Neighbour& destination) {
        note(destination, depth);
        note_step(record, destination.record, destination.association);
      }));
    }
    if (walk_.reached.size() > options_.most)
      return make_error(ErrorKind::limit_exceeded,
                        "More than {} lineage entities are within {} associations of the start; ask for a smaller MaxDepth or one direction.",
                        options_.most, depth);
    return {};
  }

  void note(const Neighbour& found, int depth) {
    if (!seen_.insert(found.record).second) return;
    walk_.reached.push_back(
        {found.record, depth, std::string(found.kind), std::string(found.type), found.created, found.modified});
  }

  // Walked both ways, an association is met at both its ends.
  void note_step(std::int64_t source, std::int64_t destination, std::string_view association) {
    if (!options_.with_steps) return;
    const bool twice = options_.ascend && options_.descend && !met_[source].insert(destination).second;
    if (!twice) walk_.steps.push_back({source, destination, std::string(association)});
  }

  Session& session_;
  const WalkOptions& options_;
  Walk walk_;
  std::unordered_set<std::int64_t> seen_;
  std::unordered_map<std::int64_t, std::unordered_set<std::int64_t>> met_;
};

}  // namespace

Outcome<Walk> walk(Session& session, std::int64_t start, const WalkOptions& options) {
  return Walker(session, options).from(start);
}

std::unordered_set<std::int64_t> on_the_way(const Walk& walk, const WalkOptions& options,
                                            const std::vector<std::int64_t>& ends) {
  std::unordered_map<std::int64_t, int> depth;  // the start's: 0
  for (const Reached& reached : walk.reached) depth[reached.record] = reached.depth;
  std::unordered_map<std::int64_t, std::vector<std::int64_t>> back;
  const bool shortest = options.ascend && options.descend;
  auto lead = [&](std::int64_t from, std::int64_t to) {
    if (!shortest || depth[from] < depth[to]) back[to].push_back(from);
  };
  for (const WalkStep& step : walk.steps) {
    if (options.ascend) lead(step.destination, step.source);
    if (options.descend) lead(step.source, step.destination);
  }
  std::unordered_set<std::int64_t> kept(ends.begin(), ends.end());
  std::vector<std::int64_t> open = ends;
  while (!open.empty()) {
    auto before = back.find(open.back());
    open.pop_back();
    if (before == back.end()) continue;
    for (std::int64_t record : before->second) {
      if (kept.insert(record).second) open.push_back(record);
    }
  }
  return kept;
}

}  // namespace clary::meta
