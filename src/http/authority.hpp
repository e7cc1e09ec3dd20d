// Our certificate authority: made at first start, it signs a certificate for each name that TLS ends for here.
// Owned by the composition root. Thread rule: any thread. Invariant: the CA's key file is 0600 and the CA carries
// critical name constraints (the suffixes it was made with), so that it can vouch for nothing else.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/outcome.hpp"

// OpenSSL's own type, kept out of this header.
struct ssl_ctx_st;

namespace clary::http {

class Authority {
 public:
  // Reads `<folder>/ca.pem` and `<folder>/ca.key`, or makes them: EC P-256, 10 years, constrained to `permitted` DNS
  // suffixes ("amazonaws.com", "localhost") and addresses ("127.0.0.1"). One that was made for another list, or ends
  // soon, is made anew.
  static Outcome<std::shared_ptr<Authority>> open(const std::string& folder, const std::vector<std::string>& permitted);
  virtual ~Authority() = default;
  virtual const std::string& certificate_pem() const = 0;
  // The TLS context that speaks for `name` (a host name or an address); made once, then cached (bounded). Null: not
  // permitted.
  virtual std::shared_ptr<ssl_ctx_st> context_for(const std::string& name) = 0;
};

}  // namespace clary::http
