#include "objects/checksum.hpp"

#include <array>
#include <cctype>
#include <openssl/evp.h>

#include "base/bytes.hpp"
#include "objects/crc.hpp"

namespace clary::objects {

namespace {

struct Named {
  Algorithm algorithm;
  std::string_view name;
  std::size_t size;
};
constexpr std::array<Named, 5> names{{{Algorithm::crc32, "CRC32", 4},
                                      {Algorithm::crc32c, "CRC32C", 4},
                                      {Algorithm::crc64nvme, "CRC64NVME", 8},
                                      {Algorithm::sha1, "SHA1", 20},
                                      {Algorithm::sha256, "SHA256", 32}}};

const Named& entry(Algorithm algorithm) {
  for (const auto& named : names) {
    if (named.algorithm == algorithm) return named;
  }
  return names[0];
}

const Crc* crc_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::crc32: return &Crc::crc32();
    case Algorithm::crc32c: return &Crc::crc32c();
    case Algorithm::crc64nvme: return &Crc::crc64nvme();
    case Algorithm::sha1:
    case Algorithm::sha256: return nullptr;
  }
  return nullptr;
}

std::string big_endian(std::uint64_t value, unsigned bits) {
  std::string raw;
  for (unsigned shift = bits; shift > 0; shift -= 8) raw += static_cast<char>((value >> (shift - 8)) & 0xFF);
  return raw;
}

std::uint64_t from_big_endian(std::string_view raw) {
  std::uint64_t value = 0;
  for (unsigned char byte : raw) value = (value << 8) | byte;
  return value;
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
  return entry(algorithm).name;
}
std::size_t raw_size(Algorithm algorithm) {
  return entry(algorithm).size;
}
bool is_crc(Algorithm algorithm) {
  return crc_of(algorithm) != nullptr;
}

std::optional<Algorithm> algorithm_named(std::string_view name) {
  std::string upper;
  for (unsigned char c : name) upper += static_cast<char>(std::toupper(c));
  for (const auto& named : names) {
    if (named.name == upper) return named.algorithm;
  }
  return std::nullopt;
}

void Hash::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Hash::Hash(const char* name) : context_(EVP_MD_CTX_new()) {
  // Fetched once: the look-up by name costs more than the digest of a small object.
  static EVP_MD* const md5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
  static EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  const std::string_view wanted = name;
  EVP_DigestInit_ex2(context_.get(), wanted == "MD5" ? md5 : wanted == "SHA1" ? sha1 : sha256, nullptr);
}

Hash Hash::md5() {
  return Hash("MD5");
}
Hash Hash::sha1() {
  return Hash("SHA1");
}
Hash Hash::sha256() {
  return Hash("SHA256");
}
void Hash::update(std::string_view data) {
  EVP_DigestUpdate(context_.get(), data.data(), data.size());
}

std::string Hash::finish() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_DigestFinal_ex(context_.get(), digest, &length);
  return {reinterpret_cast<char*>(digest), length};
}

std::string md5(std::string_view data) {
  Hash hash = Hash::md5();
  hash.update(data);
  return hash.finish();
}

Checksum::Checksum(Algorithm algorithm) : algorithm_(algorithm) {
  if (algorithm == Algorithm::sha1) hash_ = Hash::sha1();
  if (algorithm == Algorithm::sha256) hash_ = Hash::sha256();
}

void Checksum::update(std::string_view data) {
  if (hash_) {
    hash_->update(data);
  } else {
    crc_ = crc_of(algorithm_)->update(crc_, data);
  }
}

std::string Checksum::raw() {
  return hash_ ? hash_->finish() : big_endian(crc_, crc_of(algorithm_)->bits());
}

std::string combine_full(Algorithm algorithm, const std::vector<PartSum>& parts) {
  const Crc* crc = crc_of(algorithm);
  if (crc == nullptr) return {};
  std::uint64_t whole = 0;
  for (const auto& part : parts) whole = crc->combine(whole, from_big_endian(part.raw), part.size);
  return to_base64(big_endian(whole, crc->bits()));
}

std::string combine_composite(Algorithm algorithm, const std::vector<PartSum>& parts) {
  Checksum sum(algorithm);
  for (const auto& part : parts) sum.update(part.raw);
  return to_base64(sum.raw()) + "-" + std::to_string(parts.size());
}

}  // namespace clary::objects
