// fuzz: services_sagemaker
// Any bytes as a Search request, its page token included, over records of every kind of property: no crash, and a page never holds more than was
// asked for.
#include <cstdlib>
#include <string_view>

#include "search/find.hpp"
#include "search/list.hpp"
#include "services/sagemaker/search_query.hpp"
#include "services/sagemaker/search_values.hpp"

using namespace clary;
using namespace clary::services::sagemaker;

namespace {

search::Table make_table() {
  search::Table table;
  for (std::int64_t id = 1; id <= 20; ++id) {
    TrialComponent component;
    component.TrialComponentName = fmt::format("component-{}", id);
    component.Status = TrialComponentStatus{id % 2 ? "Completed" : "Failed", "message"};
    if (id % 3) component.StartTime = Time{id * 1'000'000};
    component.Parameters.emplace();
    (*component.Parameters)["a"].NumberValue = static_cast<double>(id % 5);
    (*component.Parameters)["b"].StringValue = id % 4 ? "1" : "text";
    component.InputArtifacts.emplace();
    (*component.InputArtifacts)["data"].Value = "s3://bucket/key";
    component.Metrics = std::vector<TrialComponentMetricSummary>{{.MetricName = "m", .Max = 1.0 / static_cast<double>(id), .Count = id}};
    component.Parents = std::vector<Parent>{{"trial", "experiment"}, {fmt::format("trial-{}", id), "experiment"}};
    component.Tags = std::vector<Tag>{{"k", "v"}};
    search::Values values;
    add_values(TrialComponent_shape, &component, values);
    table.put(id, values);
  }
  return table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const search::Table table = make_table();
  static const Searched& type = *find_searched("ExperimentTrialComponent");
  wire::Violations violations;
  SearchRequest in;
  if (!wire::read_json(SearchRequest_shape, &in, {reinterpret_cast<const char*>(data), size}, violations)) return 0;
  wire::validate(SearchRequest_shape, &in, violations);
  if (!violations.result()) return 0;
  const Scope scope{"000000000000", "us-east-1"};
  auto query = to_query(type, scope, in);
  if (!query) return 0;
  const search::Found found = search::find(table, *query);
  if (found.ids.size() > query->limit || found.total > 20) std::abort();
  if (!found.more) return 0;
  in.NextToken = next_token(scope, in, found.last);
  if (!to_query(type, scope, in)) std::abort();  // a token of our own
  return 0;
}
