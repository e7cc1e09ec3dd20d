#include "services/sagemaker/retries.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "services/repeated.hpp"

namespace clary::services::sagemaker {

namespace {

constexpr std::string_view member = "{\"-invocation\":\"";

std::string put_before(std::string begin, const std::string& document) {
  return begin + (document == "{}" ? "" : ",") + document.substr(1);
}

// How a document of that call begins; empty where the client sends no id. Ids are UUIDs; what is none is not kept.
std::string opening(const http::Request& request) {
  const std::string_view id = id_of_call(request);
  auto is_plain = [](unsigned char c) { return std::isalnum(c) || c == '-'; };
  if (id.empty() || !std::all_of(id.begin(), id.end(), is_plain)) return {};
  return fmt::format("{}{}\"", member, id);
}

}  // namespace

std::string with_invocation(const http::Request& request, std::string document) {
  std::string begin = opening(request);
  if (begin.empty()) return document;
  return put_before(std::move(begin), document);
}

std::string keep_invocation(std::string_view earlier, std::string document) {
  if (!earlier.starts_with(member)) return document;
  return put_before(std::string(earlier.substr(0, earlier.find('"', member.size()) + 1)), document);
}

bool repeats(const http::Request& request, std::string_view document) {
  std::string begin = opening(request);
  return !begin.empty() && document.starts_with(begin);
}

}  // namespace clary::services::sagemaker
