// Checksums on the wire: one header, member or trailer an algorithm. Thread rule: pure functions.
// Invariant: at most one checksum comes with a request; two are refused.
#pragma once

#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "http/message.hpp"

namespace clary::services::s3 {

struct SentChecksum {
  std::string algorithm;  // "CRC32"; empty: none was sent
  std::string value;      // base64
  bool trailing = false;  // the value comes behind the body
};
// What a request says of its body's checksum. InvalidRequest.
Outcome<SentChecksum> read_checksum(const http::Request& request);
std::string header_of(std::string_view algorithm);  // "x-amz-checksum-crc32"

// Sets the member of that algorithm in any of the structures that have one each (PutObjectOutput, Part, Checksum...).
template <typename T>
void set_checksum(T& structure, std::string_view algorithm, const std::string& value) {
  if (value.empty()) return;
  if (algorithm == "CRC32") structure.ChecksumCRC32 = value;
  if (algorithm == "CRC32C") structure.ChecksumCRC32C = value;
  if (algorithm == "CRC64NVME") structure.ChecksumCRC64NVME = value;
  if (algorithm == "SHA1") structure.ChecksumSHA1 = value;
  if (algorithm == "SHA256") structure.ChecksumSHA256 = value;
}

// The first that is set.
template <typename T>
SentChecksum get_checksum(const T& structure) {
  if (structure.ChecksumCRC32) return {"CRC32", *structure.ChecksumCRC32};
  if (structure.ChecksumCRC32C) return {"CRC32C", *structure.ChecksumCRC32C};
  if (structure.ChecksumCRC64NVME) return {"CRC64NVME", *structure.ChecksumCRC64NVME};
  if (structure.ChecksumSHA1) return {"SHA1", *structure.ChecksumSHA1};
  if (structure.ChecksumSHA256) return {"SHA256", *structure.ChecksumSHA256};
  return {};
}

}  // namespace clary::services::s3
