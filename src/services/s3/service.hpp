// Amazon S3 over objects/: finds the operation of a request (path style and virtual-host style), verifies its signature
// (SigV4, presigned SigV4 and SigV2, POST forms), streams bodies. Owned by the composition root. Thread rule: route()
// runs on loop threads and never blocks; handlers on pool threads. Invariant: no byte of a body is kept before the
// head's signature (or the form's policy) was verified, and no object is committed before its body was.
#pragma once

#include <memory>

#include "auth/signature.hpp"
#include "http/server.hpp"
#include "services/context.hpp"

namespace clary::services::s3 {

class Service {
 public:
  Service(Parts parts, const auth::Verifier& verifier);
  ~Service();
  // The dispatcher calls this for every request that is S3's: credential scope s3, SigV2 query, POST form, a virtual
  // host, or unsigned.
  http::Route route(http::Request& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clary::services::s3
