// A Create that was applied before its answer was lost comes again, with the same amz-sdk-invocation-id: the second has to answer as the first
// did, not that the name is taken. So a stored request keeps the id of the call that made it. Thread rule: pure functions.
// Invariant: only the very call that made a resource is told again that it did, also after a restart.
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace clary::services::sagemaker {

// The document (a JSON object) with the request's invocation id in it, which readers of the model's shapes pass over.
std::string with_invocation(const http::Request& request, std::string document);
// The document that takes the place of an earlier one, whose invocation id it keeps.
std::string keep_invocation(std::string_view earlier, std::string document);
// Whether the stored document was made by the call that `request` repeats.
bool repeats(const http::Request& request, std::string_view document);

}  // namespace clary::services::sagemaker
