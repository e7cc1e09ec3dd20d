// S3's errors that the object store gives, in S3's wording. Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace clary::objects {

inline Error no_such_bucket(std::string_view bucket) {
  return aws_error(ErrorKind::not_found, "NoSuchBucket", "The specified bucket does not exist")
      .with("BucketName", std::string(bucket));
}
inline Error no_such_key(std::string_view key) {
  return aws_error(ErrorKind::not_found, "NoSuchKey", "The specified key does not exist.")
      .with("Key", std::string(key));
}
inline Error no_such_upload(std::string_view upload) {
  return aws_error(ErrorKind::not_found, "NoSuchUpload",
                   "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
                   "aborted or "
                   "completed.")
      .with("UploadId", std::string(upload));
}
inline Error precondition_failed(std::string_view condition) {
  return aws_error(ErrorKind::validation, "PreconditionFailed",
                   "At least one of the pre-conditions you specified did not hold")
      .with("Condition", std::string(condition));
}
inline Error bad_checksum(std::string_view algorithm) {
  return aws_error(ErrorKind::validation, "BadDigest", "The {} you specified did not match the calculated checksum.",
                   algorithm);
}
inline Error invalid_request(std::string message) {
  return aws_error(ErrorKind::validation, "InvalidRequest", "{}", message);
}

}  // namespace clary::objects
