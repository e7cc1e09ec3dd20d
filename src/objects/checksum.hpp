// The checksums and digests of S3: one running sum over a stream of bytes, and how sums of parts become one of the
// whole. A plain object of one thread. Invariant: raw() is in network byte order, text() is its base64, as S3's headers
// carry it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"

// OpenSSL's own type, kept out of this header.
struct evp_md_ctx_st;

namespace clary::objects {

enum class Algorithm { crc32, crc32c, crc64nvme, sha1, sha256 };

std::string_view name_of(Algorithm algorithm);                    // "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"
std::optional<Algorithm> algorithm_named(std::string_view name);  // without regard to case
bool is_crc(Algorithm algorithm);
std::size_t raw_size(Algorithm algorithm);

// A cryptographic digest: MD5, SHA-1 or SHA-256.
class Hash {
 public:
  static Hash md5();
  static Hash sha1();
  static Hash sha256();
  void update(std::string_view data);
  std::string finish();  // the raw digest; the object is then spent

 private:
  explicit Hash(const char* name);
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

class Checksum {
 public:
  explicit Checksum(Algorithm algorithm);
  Algorithm algorithm() const { return algorithm_; }
  void update(std::string_view data);
  std::string raw();  // ends it

 private:
  Algorithm algorithm_;
  std::uint64_t crc_ = 0;
  std::optional<Hash> hash_;
};

std::string md5(std::string_view data);  // raw

struct PartSum {
  std::string raw;
  std::uint64_t size = 0;
};
// FULL_OBJECT: the checksum of the parts' bytes in a row, in base64. Only CRCs can be combined so.
std::string combine_full(Algorithm algorithm, const std::vector<PartSum>& parts);
// COMPOSITE: the checksum of the parts' raw checksums, as "<base64>-<parts>".
std::string combine_composite(Algorithm algorithm, const std::vector<PartSum>& parts);

}  // namespace clary::objects
