// TLS of the server's side: the context that a handshake begins with, and the choice of a certificate by the name asked
// for. Private to http. Thread rule: make() and the handshake on one loop's thread; the context itself may be shared.
// Invariant: a handshake for a name that the authority does not permit, or that differs from the CONNECT's, fails.
#pragma once

#include <memory>
#include <openssl/ssl.h>
#include <string>

#include "http/authority.hpp"

namespace clary::http {

// TLS 1.2 and up, http/1.1 by ALPN, no resumption (each handshake states its name anew).
std::shared_ptr<SSL_CTX> make_server_context();

// What one handshake is about; must outlive it.
struct TlsName {
  Authority* authority = nullptr;
  std::string local;     // speaks for it where the client names nobody
  std::string required;  // the CONNECT's host; empty: any permitted name
  std::string chosen;
};

class TlsContext {
 public:
  TlsContext();
  // A connection's state, which the caller owns; null: out of memory.
  SSL* make(TlsName& name) const;
  // The handshake is over: `name` may go.
  void forget(SSL* ssl) const;

 private:
  std::shared_ptr<SSL_CTX> context_;
};

}  // namespace clary::http
