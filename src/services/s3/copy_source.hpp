// The object that CopyObject and UploadPartCopy read from. Thread rule: as the call's.
// Invariant: `from.etag` is the version whose conditions were checked.
#pragma once

#include <string>

#include "objects/objects.hpp"
#include "services/s3/call.hpp"

namespace clary::services::s3 {

struct CheckedSource {
  objects::CopySource from;
  objects::Object object;
};
Outcome<CheckedSource> read_checked_source(Call& call, const std::string& header);

}  // namespace clary::services::s3
