#include "jobs/host_failure.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace clary::jobs {

namespace {

// What scripts say who miss a peer: Python's own errors, gloo's, NCCL's, gRPC's.
constexpr std::array<std::string_view, 12> of_connections{
    "ConnectionError", "ConnectionResetError", "ConnectionRefusedError", "ConnectionAbortedError", "BrokenPipeError",
    "EOFError",        "onnection closed by",  "onnection reset",        "onnection refused",      "roken pipe",
    "ocket closed",    "DistBackendError"};

bool speaks_of_a_connection(const HostFailure& failure) {
  constexpr std::size_t last = 10;
  const auto& lines = failure.last_lines;
  const auto from = lines.size() > last ? lines.end() - last : lines.begin();
  return std::any_of(from, lines.end(), [](const std::string& line) {
    return std::any_of(of_connections.begin(), of_connections.end(),
                       [&](std::string_view word) { return line.find(word) != std::string::npos; });
  });
}

}  // namespace

std::size_t cause_of(const std::vector<HostFailure>& failures) {
  for (const auto& failure : failures) {
    if (failure.exit.kind != workers::Exit::Kind::exited) return failure.host;
  }
  for (const auto& failure : failures) {
    if (!speaks_of_a_connection(failure)) return failure.host;
  }
  return failures.front().host;
}

}  // namespace clary::jobs
