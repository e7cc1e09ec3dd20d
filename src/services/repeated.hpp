// Calls that would do it all again when their client repeats them because the answer was lost, and that leave no record to tell it by: data of
// metrics. Their ids are kept with what they do: by the series that they add to (meta/series.hpp), or, where data are summed up, in a list of
// their own (meta/applied_calls.hpp). Thread rule: as the Session's.
// Invariant: a call that comes again under the same amz-sdk-invocation-id is applied once.
#pragma once

#include <string_view>

#include "http/message.hpp"
#include "meta/store.hpp"

namespace clary::services {

// The amz-sdk-invocation-id, by which an SDK tells one call in all its attempts; "" where there is none. A view into the request.
std::string_view id_of_call(const http::Request& request);
// Not the first attempt at a call, which cannot have been applied before.
bool is_retry(const http::Request& request);
// Whether this very call stands in the list of those applied; if not, it is put there in this transaction. A call without an id is never a
// repeated one.
Outcome<bool> is_repeated(meta::Session& session, const http::Request& request);

}  // namespace clary::services
