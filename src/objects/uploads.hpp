// Multipart uploads: parts come in any order and side by side, and become one object.
// Owned by the object store (objects.hpp). Thread rule: any thread; a part's writer by one thread at a time.
// Invariant: an acknowledged part is durable until its upload is completed or aborted; completing the same upload again
// gives the same answer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "base/time.hpp"

namespace clary::objects {

struct Object;
struct Condition;
struct Expected;
struct CopySource;

struct Upload {
  std::string id;
  std::string bucket, key;
  Time created;
  std::string checksum_algorithm, checksum_type;  // empty: the client asked for none
  std::map<std::string, std::string> headers, tags;
};

struct Part {
  int number = 0;
  std::uint64_t size = 0;
  std::string etag;  // without quotes
  Time modified;
  std::string checksum_algorithm, checksum;
};

class PartWriter {  // gives up what it wrote unless commit() succeeds
 public:
  virtual ~PartWriter() = default;
  virtual Outcome<void> write(std::string_view data) = 0;
  virtual void expect_checksum(std::string base64) = 0;
  virtual Outcome<Part> commit() = 0;
};

// A part as the client lists it to complete the upload.
struct NamedPart {
  int number = 0;
  std::string etag;
  std::string checksum_algorithm, checksum;  // may be empty
};
struct Completion {
  std::vector<NamedPart> parts;
  std::string checksum_algorithm, checksum, checksum_type;  // of the whole; may be empty
  std::optional<std::uint64_t> size;
};

struct UploadListing {
  std::vector<Upload> uploads;
  std::vector<std::string> prefixes;
  bool truncated = false;
  std::string next_key, next_upload;
};
struct PartListing {
  Upload upload;
  std::vector<Part> parts;
  bool truncated = false;
};

struct ByteRange {
  std::uint64_t first = 0, length = 0;
};

class Uploads {
 public:
  virtual ~Uploads() = default;
  // `description` gives key, headers, tags, checksum_algorithm and checksum_type.
  virtual Outcome<Upload> start(std::string_view bucket, const Object& description) = 0;
  // NoSuchUpload where there is none.
  virtual Outcome<Upload> find(std::string_view bucket, std::string_view key, std::string_view upload) = 0;
  // `part` gives number and checksum (with its algorithm); `expected.size`, where known, lets the part be written where
  // it will stay.
  virtual Outcome<std::unique_ptr<PartWriter>> put(const Upload& upload, Part part, Expected expected) = 0;
  virtual Outcome<Part> copy(const Upload& upload, int number, const CopySource& from,
                             std::optional<ByteRange> range) = 0;
  virtual Outcome<PartListing> parts(const Upload& upload, int after, std::int64_t limit) = 0;
  virtual Outcome<UploadListing> list(std::string_view bucket, std::string_view prefix, std::string_view delimiter,
                                      std::string_view after_key, std::string_view after_upload,
                                      std::int64_t limit) = 0;
  virtual Outcome<Object> complete(std::string_view bucket, std::string_view key, std::string_view upload,
                                   const Completion& completion, const Condition& condition) = 0;
  virtual Outcome<void> abort(std::string_view bucket, std::string_view key, std::string_view upload) = 0;
};

}  // namespace clary::objects
