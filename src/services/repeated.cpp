#include "services/repeated.hpp"

#include "meta/applied_calls.hpp"

namespace clary::services {

Outcome<bool> is_repeated(meta::Session& session, const http::Request& request) {
  constexpr std::size_t longest = 64;  // ids are UUIDs
  constexpr std::string_view first = "attempt=1";
  const std::string_view call = request.headers.get("amz-sdk-invocation-id"), attempt = request.headers.get("amz-sdk-request");
  if (call.empty() || call.size() > longest) return false;
  // The first attempt ("attempt=1; max=5") cannot have been applied.
  if (attempt != first && !attempt.starts_with("attempt=1;")) {
    TRY(const bool applied, meta::was_applied(session, call));
    if (applied) return true;
  }
  CHECK_OK(meta::set_applied(session, call));
  return false;
}

}  // namespace clary::services
