// The index of buckets and objects: rows of the metadata store. All SQL of objects/ but that of uploads
// (upload_index.hpp) is here. Functions over a Session; the caller brings the transaction. Thread rule: as the
// Session's. Invariant: a blob whose last row went away is handed to the caller, to be unlinked only once the
// transaction is durable.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "meta/store.hpp"
#include "objects/objects.hpp"

namespace clary::objects::index {

struct BucketRow {
  std::int64_t id = 0;
  Bucket bucket;
};

// An object with the place of its bytes: in a blob, or (blob empty) in `data`.
struct Stored {
  Object object;
  std::string blob;
  std::string data;
};

using Orphans = std::vector<std::string>;  // blobs to unlink after the commit

Outcome<BucketRow> bucket(meta::Session& session, std::string_view name);  // NoSuchBucket
Outcome<Bucket> insert_bucket(meta::Session& session, const Bucket& bucket);
Outcome<void> erase_bucket(meta::Session& session, std::string_view name);
Outcome<BucketPage> buckets(meta::Session& session, const BucketQuery& query);
Outcome<Tags> bucket_tags(meta::Session& session, std::string_view name);
Outcome<void> set_bucket_tags(meta::Session& session, std::string_view name, const Tags& tags);

// NoSuchBucket, NoSuchKey. `with_data` reads the bytes that are kept in the row, too.
Outcome<Stored> find(meta::Session& session, std::string_view bucket, std::string_view key, bool with_data);
// Whether a write under that condition could happen now.
Outcome<void> check(meta::Session& session, std::string_view bucket, std::string_view key, const Condition& condition);
// Writes the row, new or over the old one, if the condition holds.
Outcome<Orphans> put(meta::Session& session, std::string_view bucket, const Stored& stored, const Condition& condition);
// Whether it was there.
Outcome<bool> erase(meta::Session& session, std::int64_t bucket, const Deletion& deletion, Orphans& orphans);
Outcome<void> set_tags(meta::Session& session, std::string_view bucket, std::string_view key, const Tags& tags);

// Adds `blob` to the orphans when no object names it any more.
Outcome<void> let_go(meta::Session& session, std::string_view blob, Orphans& orphans);
Outcome<bool> is_named(meta::Session& session, std::string_view blob);  // by an object, an upload or a part

// Rows of a listing from `from` on (inclusive) and below `below` (empty: no end), as size, etag and the like; stops
// when `each` says false.
Outcome<void> scan(meta::Session& session, std::int64_t bucket, std::string_view from, std::string_view below,
                   std::int64_t limit, const std::function<bool(const meta::Row&)>& each);
Object listed(const meta::Row& row);

}  // namespace clary::objects::index
