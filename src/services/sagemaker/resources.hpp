// What the resources of SageMaker share: their ARNs, tags, errors and the pages of a List operation. Thread rule: pure functions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/sagemaker.hpp"
#include "meta/records.hpp"
#include "services/context.hpp"
#include "wire/json.hpp"

namespace clary::services::sagemaker {

using namespace clary::api::sagemaker;

inline constexpr std::string_view model_kind = "model";
inline constexpr std::string_view endpoint_config_kind = "endpoint-config";

std::vector<meta::Tag> to_tags(const std::optional<std::vector<Tag>>& tags);
// Keys that AWS keeps for itself (aws:), and a key twice.
Outcome<void> check_tags(const std::optional<std::vector<Tag>>& tags);

// "Could not find model "arn:...".", as AWS answers for a name that is not there.
Error could_not_find(std::string_view what, const std::string& arn);
Error already_existing(std::string_view what, const std::string& arn);

// The record of that kind and name in the caller's scope; could_not_find() when there is none. `what` names it in the message.
Outcome<meta::Record> find_record(Context& call, std::string_view kind, std::string_view what, const std::string& name);
// Stores a new record (and tags) whose document is the create request; already_existing() when the name is taken, but where this very call
// took it (retries.hpp). `also` goes into the same transaction.
Outcome<meta::Record> insert_record(Context& call, std::string_view kind, std::string_view what, const std::string& name, std::string document,
                                    const std::optional<std::vector<Tag>>& tags,
                                    const std::function<Outcome<void>(meta::Session&, const meta::Record&)>& also = {});

// A List operation's filters, order and page, from whichever of the usual members its input has.
template <typename Input>
meta::ListQuery to_query(std::string_view kind, const Scope& scope, const Input& in, bool descending_by_default) {
  meta::ListQuery query;
  query.kind = kind;
  query.scope = scope;
  query.name_contains = in.NameContains;
  query.created_after = in.CreationTimeAfter;
  query.created_before = in.CreationTimeBefore;
  if constexpr (requires { in.LastModifiedTimeAfter; }) {
    query.modified_after = in.LastModifiedTimeAfter;
    query.modified_before = in.LastModifiedTimeBefore;
  }
  if constexpr (requires { in.StatusEquals; }) query.status = in.StatusEquals;
  if (in.SortBy == "Name") query.sort = meta::ListQuery::Sort::name;
  if (in.SortBy == "Status") query.sort = meta::ListQuery::Sort::status;
  query.descending = in.SortOrder ? *in.SortOrder == "Descending" : descending_by_default;
  query.limit = in.MaxResults.value_or(10);
  query.after = in.NextToken.value_or("");
  return query;
}

// The caller, for the record of a job.
inline jobs::Creator creator_of(const Context& call) { return {call.identity.principal_arn, call.identity.user_id}; }

// What a page says of the next one.
inline std::optional<std::string> next_token(const meta::Page& page) {
  return page.next.empty() ? std::nullopt : std::optional(page.next);
}

}  // namespace clary::services::sagemaker
