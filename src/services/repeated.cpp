#include "services/repeated.hpp"

#include "meta/applied_calls.hpp"

namespace clary::services {

std::string_view id_of_call(const http::Request& request) {
  constexpr std::size_t longest = 64;  // ids are UUIDs
  const std::string_view call = request.headers.get("amz-sdk-invocation-id");
  return call.size() > longest ? std::string_view() : call;
}

bool is_retry(const http::Request& request) {
  constexpr std::string_view first = "attempt=1";  // "attempt=1; max=5"
  const std::string_view attempt = request.headers.get("amz-sdk-request");
  return attempt != first && !attempt.starts_with("attempt=1;");
}

Outcome<bool> is_repeated(meta::Session& session, const http::Request& request) {
  const std::string_view call = id_of_call(request);
  if (call.empty()) return false;
  if (is_retry(request)) {
    TRY(const bool applied, meta::was_applied(session, call));
    if (applied) return true;
  }
  CHECK_OK(meta::set_applied(session, call));
  return false;
}

}  // namespace clary::services
