// Who is calling, and the keys that prove it. Thread rule: Keys may be asked from any thread.
// Invariant: temporary credentials are not stored: the session token carries (authenticated) what they grant, and the secret is derived
// from the access key id, both by a master key of this installation, so that they outlive a restart.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/outcome.hpp"
#include "base/time.hpp"

namespace clary::auth {

struct Identity {
  std::string account;
  std::string access_key;
  std::string principal_arn;  // arn:aws:sts::<account>:assumed-role/<Role>/<session>
  std::string user_id;        // AROA...:<session>
  std::string role_arn;       // the role behind it, with its path
  std::string session_name;
  bool root = false;          // the installation's own key pair
};

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // empty for the root pair
  Time expiration;            // zero for the root pair
};

// What first start creates and later starts read (folder `<data>/keys`, files 0600).
struct Installation {
  std::string account;        // 12 digits
  std::string access_key, secret_key;
  std::string master_key;     // 32 bytes
  std::string role_arn;       // arn:aws:iam::<account>:role/service-role/ClarySageMakerRole
};
// `account` counts only for the first start; what is stored wins. Refuses a folder or file that others can read, and a damaged file.
Outcome<Installation> open_installation(const std::string& folder, const std::string& account);

// "AKIA" or "ASIA" (temporary) and 16 random characters.
std::string random_key_id(std::string_view prefix);

// The unique id of a role, as IAM shows it: AROA and 17 characters of A-Z2-7. The same for the same ARN, always.
std::string role_id(std::string_view role_arn);

class Keys {
 public:
  Keys(Installation installation, const Clock& clock);
  const Installation& installation() const { return installation_; }
  // Credentials of a session of `role_arn`, for `seconds` (900 to 43200).
  Credentials issue(const std::string& role_arn, const std::string& session_name, std::int64_t seconds) const;
  // The secret and identity behind an access key (and its session token). Errors: see auth/errors.hpp.
  struct Found {
    std::string secret_key;
    Identity identity;
    Time expires;  // zero: never
  };
  Outcome<Found> find(std::string_view access_key, std::string_view session_token) const;

 private:
  std::string secret_of(std::string_view access_key) const;
  Identity identity_of(std::string_view access_key, const std::string& role_arn, const std::string& session_name) const;

  Installation installation_;
  const Clock& clock_;
  std::string token_key_, secret_key_;  // derived from the master key, one a purpose
};

}  // namespace clary::auth
