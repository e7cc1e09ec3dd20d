#include "objects/object_writer.hpp"

#include "base/bytes.hpp"
#include "objects/verify.hpp"

namespace clary::objects {

ObjectWriter::ObjectWriter(LocalObjects& objects, std::string bucket, Object description, Expected expected,
                           Condition condition, Algorithm algorithm)
    : objects_(objects),
      bucket_(std::move(bucket)),
      object_(std::move(description)),
      expected_(std::move(expected)),
      condition_(std::move(condition)),
      algorithm_(algorithm),
      intake_(*objects.blobs_, {.checksum = algorithm,
                                .sha256 = !expected_.sha256.empty(),
                                .inline_limit = objects.options_.inline_limit,
                                .place = std::nullopt}) {}

Outcome<Object> ObjectWriter::commit() {
  TRY(Intake::Taken taken, intake_.finish());
  CHECK_OK(check_form(expected_, algorithm_, object_.checksum));
  CHECK_OK(check_truth(taken, expected_, algorithm_, object_.checksum));
  CHECK_OK(intake_.seal());
  index::Stored stored{object_, taken.blob, std::move(taken.data)};
  stored.object.size = taken.size;
  stored.object.etag = to_hex(taken.md5);
  stored.object.checksum_algorithm = name_of(algorithm_);
  stored.object.checksum = to_base64(taken.checksum);
  stored.object.checksum_type = "FULL_OBJECT";
  stored.object.parts.clear();
  TRY(Object object, objects_.put(bucket_, stored, condition_));
  intake_.keep();
  return object;
}

}  // namespace clary::objects
