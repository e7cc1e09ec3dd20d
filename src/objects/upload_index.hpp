// The rows of multipart uploads and their parts. All SQL of uploads is here.
// Functions over a Session; the caller brings the transaction. Thread rule: as the Session's.
// Invariant: a completed upload keeps a row for a day (without parts and blob), so that completing it again gives the
// same answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "objects/index.hpp"
#include "objects/uploads.hpp"

namespace clary::objects::upload_index {

struct UploadRow {
  Upload upload;
  std::int64_t bucket = 0;
  std::string blob;  // the file that its parts share
  bool completed = false;
  std::string etag;  // of the object, once completed
};
struct PartRow {
  Part part;
  std::string blob;
  std::uint64_t place = 0;
  bool operator==(const PartRow& other) const {
    return part.number == other.part.number && part.etag == other.part.etag && blob == other.blob &&
           place == other.place;
  }
};

Outcome<void> insert(meta::Session& session, const Upload& upload, std::string_view blob);
// Open or completed; NoSuchUpload when it is neither, NoSuchBucket.
Outcome<UploadRow> find(meta::Session& session, std::string_view bucket, std::string_view key, std::string_view upload);
Outcome<UploadRow> find_open(meta::Session& session, std::string_view bucket, std::string_view key,
                             std::string_view upload);
Outcome<std::vector<PartRow>> parts(meta::Session& session, std::string_view upload, int after, std::int64_t limit);
Outcome<index::Orphans> put_part(meta::Session& session, const UploadRow& upload, const PartRow& row);
// Ends it: the parts go, `kept` is the blob that became the object's.
Outcome<index::Orphans> complete(meta::Session& session, const UploadRow& upload, std::string_view kept,
                                 std::string_view etag, Time now);
Outcome<index::Orphans> erase(meta::Session& session, const UploadRow& upload);
Outcome<index::Orphans> erase_all(meta::Session& session, std::int64_t bucket);
Outcome<UploadListing> list(meta::Session& session, const index::BucketRow& bucket, std::string_view prefix,
                            std::string_view delimiter, std::string_view after_key, std::string_view after_upload,
                            std::int64_t limit);

}  // namespace clary::objects::upload_index
