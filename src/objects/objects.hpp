// Buckets and objects. Blobs are files (small ones are kept in the index itself), the index is the metadata store.
// Owned by the composition root. Thread rule: any thread; readers and writers by one thread at a time.
// Invariant: an object whose put was acknowledged is complete, checked and durable; a reader sees one version whole,
// whatever happens to the key meanwhile. Errors carry S3's codes (NoSuchBucket, NoSuchKey, BadDigest, ...).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.hpp"
#include "base/outcome.hpp"
#include "base/time.hpp"
#include "io/file.hpp"
#include "meta/store.hpp"
#include "objects/uploads.hpp"

namespace clary::objects {

struct Bucket {
  std::string name;
  Scope owner;  // account and region
  Time created;
};

struct ObjectPart {  // of an object that was uploaded in parts
  int number = 0;
  std::uint64_t size = 0;
  std::string checksum;  // base64
};

struct Object {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;  // without quotes
  Time modified;
  std::string checksum_algorithm;              // "CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"
  std::string checksum;                        // base64, with "-<parts>" for COMPOSITE
  std::string checksum_type;                   // FULL_OBJECT or COMPOSITE
  std::map<std::string, std::string> headers;  // content-type, content-encoding, cache-control, ..., x-amz-meta-*
  std::map<std::string, std::string> tags;
  std::vector<ObjectPart> parts;  // empty for one that came in one piece
};

struct Listing {
  std::vector<Object> objects;        // without headers, tags and parts
  std::vector<std::string> prefixes;  // common prefixes
  bool truncated = false;
  std::string next;  // the last key or prefix given, to go on after
};

class Reader {  // one version of an object, held whole until it is let go
 public:
  virtual ~Reader() = default;
  virtual const Object& object() const = 0;
  // Null when the bytes are in memory; object().size is the length, not the file's.
  virtual std::shared_ptr<io::File> file() const = 0;
  virtual std::string_view memory() const = 0;
  virtual Outcome<std::size_t> read(std::uint64_t offset, char* data, std::size_t size) = 0;
};

class Writer {  // gives up what it wrote unless commit() succeeds
 public:
  virtual ~Writer() = default;
  virtual Outcome<void> write(std::string_view data) = 0;
  virtual Outcome<Object> commit() = 0;
};

// A writer whose sums may become known after its bytes (trailers), or be given at the start.
class CheckedWriter : public Writer {
 public:
  virtual void expect_checksum(std::string base64) = 0;  // in the algorithm that it was made for
};

// What must hold for a write to happen.
struct Condition {
  bool if_none_match = false;  // If-None-Match: *
  std::string if_match;        // an entity tag without quotes, or "*"
};

// What the client says of the bytes that follow; each is checked before the object is there.
struct Expected {
  std::optional<std::uint64_t> size;
  std::string md5;     // Content-MD5 as sent (base64)
  std::string sha256;  // SigV4's payload hash, lower-case hex; empty: not to be checked
  // (a checksum stands in the Object or PartDescription, with its algorithm)
};

struct CopySource {
  std::string bucket, key;
  std::string etag;  // when set: only while the source still is this version
};
struct CopyPlan {
  bool keep_headers = true;  // else those of the description
  bool keep_tags = true;
  std::string checksum_algorithm;  // when it differs from the source's, the bytes are read once more
  Condition condition;
};

struct BucketQuery {
  std::string account;
  std::string region;  // empty: all
  std::string prefix, after;
  std::int64_t limit = 10000;
};
struct BucketPage {
  std::vector<Bucket> buckets;
  bool truncated = false;
};

struct Deletion {
  std::string key;
  Condition condition;
};

using Tags = std::map<std::string, std::string>;

class Objects {
 public:
  virtual ~Objects() = default;

  virtual Outcome<Bucket> bucket(std::string_view bucket) = 0;
  virtual Outcome<Object> stat(std::string_view bucket, std::string_view key) = 0;
  virtual Outcome<std::unique_ptr<Reader>> open(std::string_view bucket, std::string_view key) = 0;
  // Keys in order of their bytes, after `after`; grouped at `delimiter` when it is not empty.
  virtual Outcome<Listing> list(std::string_view bucket, std::string_view prefix, std::string_view delimiter,
                                std::string_view after, std::int64_t limit) = 0;
  // `description` gives key, headers and tags; a checksum_algorithm is computed, and compared with `checksum` where
  // that is set.
  virtual Outcome<std::unique_ptr<Writer>> create(std::string_view bucket, Object description) = 0;

  // BucketAlreadyExists when the name is another account's, BucketAlreadyOwnedByYou when it is the caller's.
  virtual Outcome<Bucket> create_bucket(std::string_view name, const Scope& owner) = 0;
  virtual Outcome<void> delete_bucket(std::string_view name) = 0;  // BucketNotEmpty; its open uploads are aborted
  virtual Outcome<BucketPage> buckets(const BucketQuery& query) = 0;
  virtual Outcome<Tags> bucket_tags(std::string_view bucket) = 0;
  virtual Outcome<void> set_bucket_tags(std::string_view bucket, const Tags& tags) = 0;  // empty: none

  virtual Outcome<std::unique_ptr<CheckedWriter>> create_checked(std::string_view bucket, Object description,
                                                                 Expected expected, Condition condition) = 0;
  virtual Outcome<Object> copy(const CopySource& from, std::string_view bucket, Object description,
                               const CopyPlan& plan) = 0;
  // Whether it was there.
  virtual Outcome<bool> erase(std::string_view bucket, std::string_view key, const Condition& condition) = 0;
  // One outcome a key, in one transaction.
  virtual Outcome<std::vector<Outcome<bool>>> erase_all(std::string_view bucket,
                                                        const std::vector<Deletion>& deletions) = 0;
  virtual Outcome<void> set_tags(std::string_view bucket, std::string_view key, const Tags& tags) = 0;

  virtual Uploads& uploads() = 0;
};

struct ObjectsOptions {
  std::string folder;                            // `<data>/objects`
  std::size_t inline_limit = 32 * 1024;          // up to so many bytes are kept in the index
  std::uint64_t minimum_part = 5 * 1024 * 1024;  // of every part but the last
  bool sweep_in_background = true;               // blobs that a crash left over
};
Outcome<std::shared_ptr<Objects>> open_objects(std::shared_ptr<meta::Store> store, const Clock& clock,
                                               const ObjectsOptions& options);

// The schema of the index, to be given to meta::Store::open.
extern const std::vector<meta::Migration> object_migrations;

}  // namespace clary::objects
