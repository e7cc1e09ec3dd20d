// What experiments, trials and trial components share: their records, who made them, and their errors. A record's document is the answer of its
// Describe without ARN and times; a trial's parent is its experiment's name, a trial component's the ARN of its source, and which components a
// trial has are links (meta/links.hpp). Thread rule: pure functions, but for the store that they are given.
// Invariant: a document changes only inside the write transaction that read it, so that of many writers none undoes another's change.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "meta/links.hpp"
#include "meta/series.hpp"
#include "services/sagemaker/resources.hpp"

namespace clary::services::sagemaker {

inline constexpr std::string_view experiment_kind = "experiment";
inline constexpr std::string_view trial_kind = "experiment-trial";
inline constexpr std::string_view trial_component_kind = "experiment-trial-component";
// Of lineage (lineage.hpp).
inline constexpr std::string_view artifact_kind = "artifact";
inline constexpr std::string_view action_kind = "action";
inline constexpr std::string_view context_kind = "context";
// From a trial to each of its components.
inline constexpr std::string_view component_link = "trial-component";

using TrackedCheck = std::function<Outcome<void>(meta::Session&, const meta::Record&)>;

// The record of that name in the scope, or AWS's ResourceNotFound.
Outcome<meta::Record> find_tracked(meta::Session& session, std::string_view kind, const Scope& scope,
                                   const std::string& name);
Outcome<meta::Record> find_tracked(Context& call, std::string_view kind, const std::string& name);
// The name in what may be an ARN; another scope's or kind's ARN names nothing here.
Outcome<std::string> tracked_name(const Context& call, std::string_view kind, const std::string& name_or_arn);
// Stores what `record` has in kind, name, parent, status and document, with its tags, unless `check` refuses it in the same transaction. The same
// call again answers as it did (retries.hpp).
Outcome<meta::Record> create_tracked(Context& call, meta::Record record, const std::optional<std::vector<Tag>>& tags,
                                     const TrackedCheck& check = {});
// `change` sets a document (and parent and status) anew.
Outcome<meta::Record> change_tracked(Context& call, std::string_view kind, const std::string& name,
                                     const std::function<Outcome<void>(meta::Record&)>& change);
Outcome<meta::Record> erase_tracked(Context& call, std::string_view kind, const std::string& name,
                                    const TrackedCheck& check);
// "Trial 'arn:...' is linked to 1 or more trial components and cannot be deleted."
Error still_linked(const meta::Record& record, std::string_view to);

UserContext user_of(const Context& call);

// The Metrics of a trial component, of its series. `source` is the ARN of what they come from: of the component's source, else its own.
std::vector<TrialComponentMetricSummary> to_metric_summaries(const std::vector<meta::Summary>& series, const std::string& source);

// A record as its Describe answers, `Arn` being that answer's ARN.
template <auto Arn, typename Output>
Outcome<Output> read_tracked(const wire::Shape& shape, const meta::Record& record) {
  TRY(auto out, wire::from_document<Output>(shape, record.document));
  out.*Arn = record.arn;
  out.CreationTime = record.created;
  out.LastModifiedTime = record.modified;
  return out;
}

// That answer as a record's document.
template <auto Arn, typename Output>
std::string tracked_document(const wire::Shape& shape, Output answer) {
  (answer.*Arn).reset();
  answer.CreationTime.reset();
  answer.LastModifiedTime.reset();
  return wire::to_document(shape, answer);
}

// A trial component's record, and its columns and document from what its Describe answers.
Outcome<DescribeTrialComponentOutput> read_component(const meta::Record& record);
void set_component(meta::Record& record, const DescribeTrialComponentOutput& component);
// How a source stands in a component's column `parent`: SDK 2 asks for it in lower case, SDK 1 as it is.
std::string source_column(std::string arn);

// A List operation's times, order and page.
template <typename Input>
meta::ListQuery to_tracked_query(std::string_view kind, const Scope& scope, const Input& in) {
  meta::ListQuery query;
  query.kind = kind;
  query.scope = scope;
  query.created_after = in.CreatedAfter;
  query.created_before = in.CreatedBefore;
  if (in.SortBy == "Name") query.sort = meta::ListQuery::Sort::name;
  query.descending = in.SortOrder != "Ascending";
  query.limit = in.MaxResults.value_or(10);
  query.after = in.NextToken.value_or("");
  return query;
}

}  // namespace clary::services::sagemaker
