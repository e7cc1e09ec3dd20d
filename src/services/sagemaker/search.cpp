#include "services/sagemaker/handlers.hpp"

namespace clary::services::sagemaker {

Outcome<SearchOutput> search(Context&, const SearchInput&) {
  return make_error(ErrorKind::not_implemented, "The operation Search of SageMaker is not served by Clary.");
}

Outcome<GetSearchSuggestionsOutput> get_search_suggestions(Context&, const GetSearchSuggestionsInput&) {
  return make_error(ErrorKind::not_implemented, "The operation GetSearchSuggestions of SageMaker is not served by Clary.");
}

}  // namespace clary::services::sagemaker
