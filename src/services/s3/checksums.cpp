#include "services/s3/checksums.hpp"

#include <cctype>

#include "objects/checksum.hpp"
#include "services/s3/errors.hpp"

namespace clary::services::s3 {

namespace {

constexpr std::string_view prefix = "x-amz-checksum-";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// The algorithm of "x-amz-checksum-crc32"; empty for the other headers that begin so.
Outcome<std::string> algorithm_of(std::string_view header) {
  const std::string name = lower(header.substr(prefix.size()));
  if (name == "type" || name == "algorithm" || name == "mode") return std::string{};
  auto algorithm = objects::algorithm_named(name);
  if (!algorithm)
    return invalid_request(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
  return std::string(objects::name_of(*algorithm));
}

bool is_checksum(std::string_view header) {
  return header.size() > prefix.size() && http::equal_ignoring_case(header.substr(0, prefix.size()), prefix);
}

}  // namespace

std::string header_of(std::string_view algorithm) {
  return std::string(prefix) + lower(algorithm);
}

Outcome<SentChecksum> read_checksum(const http::Request& request) {
  SentChecksum sent;
  for (const auto& [name, value] : request.headers) {
    if (!is_checksum(name)) continue;
    TRY(std::string algorithm, algorithm_of(name));
    if (algorithm.empty()) continue;
    if (!sent.algorithm.empty()) {
      return invalid_request("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
    }
    sent.algorithm = std::move(algorithm);
    sent.value = value;
  }
  const std::string_view trailer = request.headers.get("x-amz-trailer");
  if (is_checksum(trailer)) {
    TRY(std::string algorithm, algorithm_of(trailer));
    if (!sent.algorithm.empty()) {
      return invalid_request("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
    }
    sent = {std::move(algorithm), {}, true};
  }
  const std::string_view wanted = request.headers.get("x-amz-sdk-checksum-algorithm");
  if (wanted.empty()) return sent;
  if (!objects::algorithm_named(wanted)) {
    return invalid_request(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, "
        "CRC64NVME, SHA1, SHA256]");
  }
  if (sent.algorithm.empty()) {
    return invalid_request(
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were "
        "found.");
  }
  if (lower(wanted) != lower(sent.algorithm))
    return invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid.");
  return sent;
}

}  // namespace clary::services::s3
