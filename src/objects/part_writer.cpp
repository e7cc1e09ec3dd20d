#include "objects/part_writer.hpp"

#include "base/bytes.hpp"
#include "objects/errors.hpp"
#include "objects/verify.hpp"

namespace clary::objects {

LocalPartWriter::LocalPartWriter(LocalUploads& uploads, upload_index::UploadRow upload, Part part, Expected expected,
                                 Algorithm algorithm, std::shared_ptr<UploadFile> file,
                                 std::optional<SharedPlace> place)
    : uploads_(uploads),
      upload_(std::move(upload)),
      part_(std::move(part)),
      expected_(std::move(expected)),
      algorithm_(algorithm),
      file_(std::move(file)),
      has_place_(place.has_value()),
      intake_(
          uploads.blobs_,
          {.checksum = algorithm, .sha256 = !expected_.sha256.empty(), .inline_limit = 0, .place = std::move(place)}) {}

LocalPartWriter::~LocalPartWriter() {
  if (has_place_) file_->give_up(part_.number);
}

Outcome<void> LocalPartWriter::write(std::string_view data) {
  // A place ends where the next part's begins.
  if (has_place_ && intake_.size() + data.size() > expected_.size.value_or(0)) {
    return aws_error(ErrorKind::validation, "IncompleteBody",
                     "You did not provide the number of bytes specified by the Content-Length HTTP header");
  }
  return intake_.write(data);
}

Outcome<Part> LocalPartWriter::commit() {
  TRY(Intake::Taken taken, intake_.finish());
  CHECK_OK(check_form(expected_, algorithm_, part_.checksum));
  CHECK_OK(check_truth(taken, expected_, algorithm_, part_.checksum));
  CHECK_OK(intake_.seal());
  part_.size = taken.size;
  part_.etag = to_hex(taken.md5);
  part_.checksum_algorithm = name_of(algorithm_);
  part_.checksum = to_base64(taken.checksum);
  part_.modified = uploads_.clock_.now();
  const upload_index::PartRow row{part_, taken.blob, taken.offset};
  TRY(auto orphans, uploads_.store_.write([&](meta::Session& session) -> Outcome<index::Orphans> {
    TRY(auto open, upload_index::find_open(session, upload_.upload.bucket, upload_.upload.key, upload_.upload.id));
    return upload_index::put_part(session, open, row);
  }));
  intake_.keep();
  has_place_ = false;
  uploads_.unlink(orphans);
  return part_;
}

}  // namespace clary::objects
