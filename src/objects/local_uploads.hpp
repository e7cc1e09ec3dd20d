// Multipart uploads of the object store on this host's disk.
// Owned by LocalObjects. Thread rule: any thread. Invariant: one thread at a time completes or aborts an upload.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "objects/blobs.hpp"
#include "objects/upload_file.hpp"
#include "objects/upload_index.hpp"

namespace clary::objects {

class LocalObjects;
struct ObjectsOptions;

class LocalUploads final : public Uploads {
 public:
  LocalUploads(Objects& objects, meta::Store& store, const Clock& clock, Blobs& blobs, const ObjectsOptions& options);

  Outcome<Upload> start(std::string_view bucket, const Object& description) override;
  Outcome<Upload> find(std::string_view bucket, std::string_view key, std::string_view upload) override;
  Outcome<std::unique_ptr<PartWriter>> put(const Upload& upload, Part part, Expected expected) override;
  Outcome<Part> copy(const Upload& upload, int number, const CopySource& from, std::optional<ByteRange> range) override;
  Outcome<PartListing> parts(const Upload& upload, int after, std::int64_t limit) override;
  Outcome<UploadListing> list(std::string_view bucket, std::string_view prefix, std::string_view delimiter,
                              std::string_view after_key, std::string_view after_upload, std::int64_t limit) override;
  Outcome<Object> complete(std::string_view bucket, std::string_view key, std::string_view upload,
                           const Completion& completion, const Condition& condition) override;
  Outcome<void> abort(std::string_view bucket, std::string_view key, std::string_view upload) override;

 private:
  friend class LocalPartWriter;
  Outcome<std::shared_ptr<UploadFile>> file_of(const upload_index::UploadRow& row);
  Outcome<Object> finish(const upload_index::UploadRow& row, const Completion& completion, const Condition& condition);
  Outcome<Object> completed_before(const upload_index::UploadRow& row);
  void unlink(const index::Orphans& orphans);

  Objects& objects_;
  meta::Store& store_;
  const Clock& clock_;
  Blobs& blobs_;
  const ObjectsOptions& options_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<UploadFile>> files_;  // of uploads that are being written to
};

}  // namespace clary::objects
