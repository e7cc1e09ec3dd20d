// SHA-256 and HMAC over OpenSSL, shaped for many small messages. Thread rule: the functions any thread; a Sha256 by one
// thread at a time. Invariant: digests are raw bytes (32 of SHA-256, 20 of SHA-1); text forms are the caller's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace clary::auth {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view data);
  std::string finish();  // of everything since the last finish(); begins anew

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr std::string_view hash_of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string sha256(std::string_view data);
std::string hmac_sha256(std::string_view key, std::string_view data);
std::string hmac_sha1(std::string_view key, std::string_view data);

}  // namespace clary::auth
