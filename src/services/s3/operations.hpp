// Which operation a request is: S3 tells them apart by method, whether bucket and key are named, a query parameter and
// a header. Constant tables; thread rule: pure functions. Invariant: every operation of the published model that a
// request can mean is either bound to a handler (bindings.cpp) or has an answer here.
#pragma once

#include <string_view>

#include "base/outcome.hpp"
#include "services/s3/call.hpp"

namespace clary::services::s3 {

enum class Level { service, bucket, object };

struct Rule {
  std::string_view method;
  Level level;
  std::string_view parameter;  // in the query; empty: none is asked for
  std::string_view header;     // likewise
  std::string_view operation;
};

// The first rule that fits; null when S3 has no such operation.
const Rule* find_rule(const http::Request& request, const Target& target, const wire::Form& query);

// What S3 answers about a piece of configuration that was never made: its own error, an empty document, or 204. Nothing
// of the kind for `operation`: NotImplemented, by name.
Outcome<http::Response> answer_unserved(Call& call, std::string_view operation);

}  // namespace clary::services::s3
