// Calls that would do it all again when their client repeats them because the answer was lost, and that leave no record to tell it by: data of
// metrics. Their ids are kept with what they do (meta/applied_calls.hpp). Thread rule: as the Session's.
// Invariant: a call that comes again under the same amz-sdk-invocation-id is applied once.
#pragma once

#include "http/message.hpp"
#include "meta/store.hpp"

namespace clary::services {

// Whether this very call was applied before; if not, it is noted as applied in this transaction. A call without an id is never a repeated one.
Outcome<bool> is_repeated(meta::Session& session, const http::Request& request);

}  // namespace clary::services
