// Makes and reads X.509 certificates: a constrained root, and the leaves that it signs. Private to http.
// Thread rule: pure functions. Invariant: a root can only sign leaves (pathlen 0) for the names in its critical name
// constraints.
#pragma once

#include <memory>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string>
#include <vector>

#include "base/outcome.hpp"

namespace clary::http {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

Outcome<Key> make_key();  // EC P-256
Outcome<std::string> to_pem(const Key& key);
Outcome<std::string> to_pem(const Certificate& certificate);
Outcome<Key> parse_key(const std::string& pem);
Outcome<Certificate> parse_certificate(const std::string& pem);

// Self-signed, 10 years, for nothing but `permitted` (DNS suffixes and addresses).
Outcome<Certificate> make_root(const Key& key, const std::vector<std::string>& permitted);
// For one host name or address, `days` long.
Outcome<Certificate> make_leaf(const Certificate& root, const Key& root_key, const Key& key, const std::string& name,
                               int days);

// The constraints as text, to tell whether a root was made for `permitted`.
std::string constraints_of(const std::vector<std::string>& permitted);
bool has_constraints(const Certificate& root, const std::vector<std::string>& permitted);
bool ends_within(const Certificate& certificate, int days);
bool is_address(const std::string& name);

}  // namespace clary::http
