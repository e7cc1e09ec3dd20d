// A part of an upload on its way in. A plain object of one thread; must not outlive its store.
// Invariant: unless commit() gave the part, nothing of it stays and its place is free again.
#pragma once

#include "objects/intake.hpp"
#include "objects/local_uploads.hpp"
#include "objects/objects.hpp"

namespace clary::objects {

class LocalPartWriter final : public PartWriter {
 public:
  LocalPartWriter(LocalUploads& uploads, upload_index::UploadRow upload, Part part, Expected expected,
                  Algorithm algorithm, std::shared_ptr<UploadFile> file, std::optional<SharedPlace> place);
  ~LocalPartWriter() override;
  Outcome<void> write(std::string_view data) override;
  void expect_checksum(std::string base64) override { part_.checksum = std::move(base64); }
  Outcome<Part> commit() override;

 private:
  LocalUploads& uploads_;
  upload_index::UploadRow upload_;
  Part part_;
  Expected expected_;
  Algorithm algorithm_;
  std::shared_ptr<UploadFile> file_;
  bool has_place_;
  Intake intake_;
};

}  // namespace clary::objects
