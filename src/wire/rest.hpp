// The parts of a REST request and answer that stand outside its body: path labels, query, headers, status. The body itself is JSON or XML
// (rest-json, rest-xml) and goes through their codecs. Thread rule: pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/query.hpp"
#include "wire/violations.hpp"

namespace clary::wire {

struct RestRequest {
  std::map<std::string, std::string, std::less<>> labels;           // decoded
  Form query;                                                       // decoded
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;                                            // empty where it streams
};

struct RestAnswer {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string_view content_type;  // empty: no body, or the service's own
};

// Matches "/{Bucket}/{Key+}" or "/endpoints/{EndpointName}/invocations" (its query part is not looked at) against a raw path; the decoded labels, or
// nothing. Broken escapes match nothing.
std::optional<std::map<std::string, std::string, std::less<>>> match_uri(std::string_view pattern, std::string_view path);

Outcome<void> read_rest(const Operation& operation, void* input, const RestRequest& request, Violations& violations);
// `root` names an XML document's root element. A streaming payload is left to the service.
RestAnswer write_rest(const Operation& operation, const void* output, std::string_view root = {});

}  // namespace clary::wire
