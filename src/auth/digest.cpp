#include "auth/digest.hpp"

#include <array>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdexcept>

namespace clary::auth {

namespace {

// Out of memory or a broken OpenSSL installation: nothing that a caller could mend.
void require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL failed to compute a digest");
}

const unsigned char* bytes(std::string_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}

// Fetched once and kept: a fetch for each call costs more than the digest of a short message.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  require(algorithm != nullptr);
  return algorithm;
}

// One keyed context a thread and a digest, keyed anew for each message.
class Hmac {
 public:
  explicit Hmac(const char* digest) {
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    require(algorithm != nullptr);
    context_ = EVP_MAC_CTX_new(algorithm);
    require(context_ != nullptr);
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0),
        OSSL_PARAM_construct_end()};
    require(EVP_MAC_CTX_set_params(context_, parameters.data()) == 1);
  }
  ~Hmac() { EVP_MAC_CTX_free(context_); }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  std::string sign(std::string_view key, std::string_view data) {
    // OpenSSL takes a null key for "as before": an empty one has to point at something.
    const auto* key_bytes = key.empty() ? bytes("") : bytes(key);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    std::size_t size = 0;
    require(EVP_MAC_init(context_, key_bytes, key.size(), nullptr) == 1 &&
            EVP_MAC_update(context_, bytes(data), data.size()) == 1 &&
            EVP_MAC_final(context_, digest.data(), &size, digest.size()) == 1);
    return {reinterpret_cast<const char*>(digest.data()), size};
  }

 private:
  EVP_MAC_CTX* context_ = nullptr;
};

}  // namespace

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { begin(); }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  void begin() const { require(context != nullptr && EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) == 1); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view data) {
  require(EVP_DigestUpdate(state_->context, data.data(), data.size()) == 1);
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  require(EVP_DigestFinal_ex(state_->context, digest.data(), &size) == 1);
  state_->begin();
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string sha256(std::string_view data) {
  thread_local Sha256 digest;
  digest.update(data);
  return digest.finish();
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  thread_local Hmac hmac("SHA256");
  return hmac.sign(key, data);
}

std::string hmac_sha1(std::string_view key, std::string_view data) {
  thread_local Hmac hmac("SHA1");
  return hmac.sign(key, data);
}

}  // namespace clary::auth
