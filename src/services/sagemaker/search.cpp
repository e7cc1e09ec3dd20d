#include <condition_variable>
#include <mutex>
#include <set>

#include "base/log.hpp"
#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/search_properties.hpp"
#include "services/sagemaker/search_query.hpp"

namespace clary::services::sagemaker {

namespace {

const log::Channel log_{"search"};

constexpr std::size_t most_suggestions = 100;
// So much may have changed that the next search has to take in before it answers.
constexpr std::chrono::seconds index_period{2};

Outcome<const Searched*> need_type(std::string_view resource) {
  if (const Searched* type = find_searched(resource)) return type;
  std::string served;
  for (const Searched& type : searched_types()) served += fmt::format("{}{}", served.empty() ? "" : ", ", type.resource);
  return validation("Clary has no resources of the type {} to search. It searches: {}.", resource, served);
}

// The record's SearchRecord as JSON, kept or made. Null: it is gone.
Outcome<search::Answers::Text> answer_of(meta::Session& session, search::Answers& answers, const Searched& type, std::int64_t id,
                                         std::int64_t version) {
  if (auto kept = answers.find(id)) return kept;
  TRY(auto record, meta::find_by_id(session, id));
  if (!record) return search::Answers::Text();
  TRY(auto result, type.read(session, *record, Purpose::answer));
  auto text = std::make_shared<const std::string>(wire::to_document(SearchRecord_shape, result));
  answers.keep(id, text, version);
  return text;
}

}  // namespace

Outcome<std::string> search(Context& call, const SearchInput& in) {
  TRY(const Searched* type, need_type(in.Resource));
  TRY(search::Query query, to_query(*type, call.scope, in));
  TRY(const std::int64_t version, call.index.catch_up(call.store, read_for_index));
  return call.store.read([&](meta::Session& session) -> Outcome<std::string> {
    const search::Found found = call.index.find(type->resource, call.scope, query);
    std::string document = R"({"Results":[)";
    for (std::int64_t id : found.ids) {
      TRY(auto result, answer_of(session, call.index.answers(), *type, id, version));
      if (!result) continue;
      if (document.back() == '}') document += ',';
      document += *result;
    }
    document += "],";
    SearchOutput rest{.TotalHits = TotalHits{static_cast<std::int64_t>(found.total), "EqualTo"}};
    if (found.more) rest.NextToken = next_token(call.scope, in, found.last);
    document += wire::to_document(SearchResponse_shape, rest).substr(1);
    return document;
  });
}

void keep_index(const Parts& parts, const std::stop_token& stop) {
  auto read = [&](meta::Session& session, std::int64_t id) -> Outcome<search::Reading> {
    if (stop.stop_requested()) return make_error(ErrorKind::unavailable, "The server is stopping.");
    return read_for_index(session, id);
  };
  std::mutex mutex;
  std::condition_variable_any stopping;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    auto done = parts.index.catch_up(parts.store, read);
    if (!done && !stop.stop_requested()) log_.error("the index of Search: {} {}", done.error().message, done.error().detail);
    stopping.wait_for(lock, stop, index_period, [] { return false; });
  }
}

Outcome<GetSearchSuggestionsOutput> get_search_suggestions(Context& call, const GetSearchSuggestionsInput& in) {
  TRY(const Searched* type, need_type(in.Resource));
  std::string hint;
  if (in.SuggestionQuery && in.SuggestionQuery->PropertyNameQuery) hint = in.SuggestionQuery->PropertyNameQuery->PropertyNameHint;
  CHECK_OK(call.index.catch_up(call.store, read_for_index));
  std::set<std::string> names;
  for (std::string& name : property_names(type->shape())) {
    if (http::equal_ignoring_case(std::string_view(name).substr(0, hint.size()), hint)) names.insert(std::move(name));
  }
  // And those that users gave.
  for (std::string& name : call.index.properties(type->resource, call.scope, hint, most_suggestions)) names.insert(std::move(name));
  GetSearchSuggestionsOutput out;
  out.PropertyNameSuggestions.emplace();
  for (const std::string& name : names) {
    if (out.PropertyNameSuggestions->size() == most_suggestions) break;
    out.PropertyNameSuggestions->push_back({name});
  }
  return out;
}

}  // namespace clary::services::sagemaker
