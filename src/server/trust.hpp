// The certificates that clients and workers are told to trust: our CA, the system's, and whatever the user trusted before, in one file.
// Thread rule: any thread; files are written durably and named by their content. Invariant: nothing that was trusted before is lost.
#pragma once

#include <string>
#include <vector>

#include "base/outcome.hpp"

namespace clary::server {

// The path of a bundle of `ca_pem`, the system's certificates and the files in `others` (missing ones and earlier bundles of ours are passed
// over). The same content gives the same path.
Outcome<std::string> write_bundle(const std::string& tls_folder, const std::string& ca_pem, const std::vector<std::string>& others);

}  // namespace clary::server
