// What it takes to make one object of an upload's parts: the checks, the sums, and the bytes in one file.
// Thread rule: functions of their arguments. Invariant: assemble() never changes bytes that a row of the index names.
#pragma once

#include <string>
#include <vector>

#include "objects/blobs.hpp"
#include "objects/upload_index.hpp"

namespace clary::objects {

// The rows that the client named, in its order. MalformedXML, InvalidPartOrder, InvalidPart, EntityTooSmall,
// InvalidRequest.
Outcome<std::vector<upload_index::PartRow>> choose_parts(const upload_index::UploadRow& upload,
                                                         const std::vector<upload_index::PartRow>& there,
                                                         const Completion& completion, std::uint64_t minimum_part);

// Key, headers, tags, size, entity tag, checksum and parts of the object. BadDigest when the client expected another
// checksum.
Outcome<Object> describe(const upload_index::UploadRow& upload, const std::vector<upload_index::PartRow>& chosen,
                         const Completion& completion);

struct Assembled {
  std::string blob;
  bool made = false;  // a new file, to be removed if the commit fails
};
// Brings the chosen parts together in one file and seals it. `there`: all parts of the upload.
Outcome<Assembled> assemble(Blobs& blobs, const upload_index::UploadRow& upload,
                            const std::vector<upload_index::PartRow>& chosen,
                            const std::vector<upload_index::PartRow>& there);

}  // namespace clary::objects
