#include "objects/index.hpp"

#include "objects/errors.hpp"
#include "objects/packing.hpp"

namespace clary::objects::index {

namespace {

Bytes blob(std::string_view text) {
  return Bytes{std::string(text)};
}

Bucket read_bucket(const meta::Row& row) {
  return {std::string(row.text(1)), {std::string(row.text(2)), std::string(row.text(3))}, Time{row.integer(4)}};
}

// Whether the write may go on, by what stands at the key now (nothing: no object).
Outcome<void> check(const Condition& condition, const std::optional<std::string>& etag, std::string_view key) {
  if (condition.if_none_match && etag) return precondition_failed("If-None-Match");
  if (condition.if_match.empty()) return {};
  if (!etag) return no_such_key(key);
  if (condition.if_match != "*" && condition.if_match != *etag) return precondition_failed("If-Match");
  return {};
}

}  // namespace

Outcome<BucketRow> bucket(meta::Session& session, std::string_view name) {
  std::optional<BucketRow> found;
  CHECK_OK(session.run("SELECT id, name, account, region, created FROM s3_buckets WHERE name = ?", {name},
                       [&](const meta::Row& row) {
                         found = BucketRow{row.integer(0), read_bucket(row)};
                         return false;
                       }));
  if (!found) return no_such_bucket(name);
  return *std::move(found);
}

Outcome<Bucket> insert_bucket(meta::Session& session, const Bucket& wanted) {
  if (auto there = bucket(session, wanted.name)) {
    if (there->bucket.owner.account == wanted.owner.account) {
      return aws_error(ErrorKind::already_exists, "BucketAlreadyOwnedByYou",
                       "Your previous request to create the named bucket succeeded and you already own it.")
          .with("BucketName", wanted.name);
    }
    return aws_error(ErrorKind::already_exists, "BucketAlreadyExists",
                     "The requested bucket name is not available. The bucket namespace is shared by all users of the "
                     "system. Please "
                     "select a different name and try again.")
        .with("BucketName", wanted.name);
  }
  CHECK_OK(
      session.run("INSERT INTO s3_buckets (id, name, account, region, created, tags) "
                  "VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM s3_buckets), ?, ?, ?, ?, ?)",
                  {wanted.name, wanted.owner.account, wanted.owner.region, wanted.created.micros, Bytes{}}));
  return wanted;
}

Outcome<void> erase_bucket(meta::Session& session, std::string_view name) {
  TRY(BucketRow row, bucket(session, name));
  bool used = false;
  CHECK_OK(session.run("SELECT 1 FROM s3_objects WHERE bucket = ? LIMIT 1", {row.id}, [&](const meta::Row&) {
    used = true;
    return false;
  }));
  if (used) {
    return aws_error(ErrorKind::in_use, "BucketNotEmpty", "The bucket you tried to delete is not empty")
        .with("BucketName", std::string(name));
  }
  CHECK_OK(session.run("DELETE FROM s3_buckets WHERE id = ?", {row.id}));
  return {};
}

Outcome<BucketPage> buckets(meta::Session& session, const BucketQuery& query) {
  BucketPage page;
  CHECK_OK(
      session.run("SELECT id, name, account, region, created FROM s3_buckets WHERE account = ? AND name > ? AND (? = "
                  "'' OR region = ?) "
                  "AND name >= ? ORDER BY name",
                  {query.account, query.after, query.region, query.region, query.prefix}, [&](const meta::Row& row) {
                    if (!row.text(1).starts_with(query.prefix)) return false;
                    page.truncated = static_cast<std::int64_t>(page.buckets.size()) >= query.limit;
                    if (!page.truncated) page.buckets.push_back(read_bucket(row));
                    return !page.truncated;
                  }));
  return page;
}

Outcome<Tags> bucket_tags(meta::Session& session, std::string_view name) {
  std::optional<Tags> tags;
  CHECK_OK(session.run("SELECT tags FROM s3_buckets WHERE name = ?", {name}, [&](const meta::Row& row) {
    tags = unpack(row.text(0));
    return false;
  }));
  if (!tags) return no_such_bucket(name);
  return *std::move(tags);
}

Outcome<void> set_bucket_tags(meta::Session& session, std::string_view name, const Tags& tags) {
  TRY(auto changed, session.run("UPDATE s3_buckets SET tags = ? WHERE name = ?", {Bytes{pack(tags)}, name}));
  if (changed == 0) return no_such_bucket(name);
  return {};
}

Outcome<Stored> find(meta::Session& session, std::string_view bucket_name, std::string_view key, bool with_data) {
  constexpr std::string_view head =
      "SELECT o.size, o.modified, o.etag, o.checksum_algorithm, o.checksum, o.checksum_type, o.blob, o.headers, "
      "o.tags, o.parts "
      "FROM s3_buckets b JOIN s3_objects o ON o.bucket = b.id WHERE b.name = ? AND o.key = ?";
  constexpr std::string_view whole =
      "SELECT o.size, o.modified, o.etag, o.checksum_algorithm, o.checksum, o.checksum_type, o.blob, o.headers, "
      "o.tags, o.parts, o.data "
      "FROM s3_buckets b JOIN s3_objects o ON o.bucket = b.id WHERE b.name = ? AND o.key = ?";
  std::optional<Stored> found;
  CHECK_OK(session.run(with_data ? whole : head, {bucket_name, blob(key)}, [&](const meta::Row& row) {
    Stored& stored = found.emplace();
    Object& object = stored.object;
    object.key = key;
    object.size = static_cast<std::uint64_t>(row.integer(0));
    object.modified = Time{row.integer(1)};
    object.etag = row.text(2);
    object.checksum_algorithm = row.text(3);
    object.checksum = row.text(4);
    object.checksum_type = row.text(5);
    if (!row.is_null(6)) stored.blob = row.text(6);
    object.headers = unpack(row.text(7));
    object.tags = unpack(row.text(8));
    object.parts = unpack_parts(row.text(9));
    if (with_data && !row.is_null(10)) stored.data = row.text(10);
    return false;
  }));
  if (found) return *std::move(found);
  CHECK_OK(bucket(session, bucket_name));
  return no_such_key(key);
}

Outcome<void> check(meta::Session& session, std::string_view bucket_name, std::string_view key,
                    const Condition& condition) {
  TRY(BucketRow row, bucket(session, bucket_name));
  std::optional<std::string> etag;
  CHECK_OK(session.run("SELECT etag FROM s3_objects WHERE bucket = ? AND key = ?", {row.id, blob(key)},
                       [&](const meta::Row& found) {
                         etag = found.text(0);
                         return false;
                       }));
  return check(condition, etag, key);
}

Outcome<Orphans> put(meta::Session& session, std::string_view bucket_name, const Stored& stored,
                     const Condition& condition) {
  const Object& object = stored.object;
  Bytes key = blob(object.key);
  std::optional<std::int64_t> bucket_id;
  std::optional<std::string> etag;
  std::string replaced;
  CHECK_OK(session.run(
      "SELECT b.id, o.etag, o.blob FROM s3_buckets b LEFT JOIN s3_objects o ON o.bucket = b.id AND o.key = ? "
      "WHERE b.name = ?",
      {key, bucket_name}, [&](const meta::Row& row) {
        bucket_id = row.integer(0);
        if (!row.is_null(1)) etag = row.text(1);
        if (!row.is_null(2)) replaced = row.text(2);
        return false;
      }));
  if (!bucket_id) return no_such_bucket(bucket_name);
  CHECK_OK(check(condition, etag, object.key));
  const meta::Value where = stored.blob.empty() ? meta::Value(nullptr) : meta::Value(std::string_view(stored.blob));
  meta::Value data = nullptr;
  if (stored.blob.empty()) data = blob(stored.data);
  CHECK_OK(session.run(
      "INSERT INTO s3_objects (bucket, key, size, modified, etag, checksum_algorithm, checksum, checksum_type, blob, "
      "headers, tags, parts, "
      "data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (bucket, key) DO UPDATE SET size = "
      "excluded.size, "
      "modified = excluded.modified, etag = excluded.etag, checksum_algorithm = excluded.checksum_algorithm, "
      "checksum = excluded.checksum, checksum_type = excluded.checksum_type, blob = excluded.blob, headers = "
      "excluded.headers, "
      "tags = excluded.tags, parts = excluded.parts, data = excluded.data",
      {*bucket_id, std::move(key), static_cast<std::int64_t>(object.size), object.modified.micros, object.etag,
       object.checksum_algorithm, object.checksum, object.checksum_type, where, Bytes{pack(object.headers)},
       Bytes{pack(object.tags)}, Bytes{pack_parts(object.parts)}, std::move(data)}));
  Orphans orphans;
  if (!replaced.empty() && replaced != stored.blob) CHECK_OK(let_go(session, replaced, orphans));
  return orphans;
}

Outcome<bool> erase(meta::Session& session, std::int64_t bucket_id, const Deletion& deletion, Orphans& orphans) {
  Bytes key = blob(deletion.key);
  std::optional<std::string> etag;
  std::string gone;
  CHECK_OK(session.run("SELECT etag, blob FROM s3_objects WHERE bucket = ? AND key = ?", {bucket_id, key},
                       [&](const meta::Row& row) {
                         etag = row.text(0);
                         if (!row.is_null(1)) gone = row.text(1);
                         return false;
                       }));
  CHECK_OK(check(deletion.condition, etag, deletion.key));
  if (!etag) return false;
  CHECK_OK(session.run("DELETE FROM s3_objects WHERE bucket = ? AND key = ?", {bucket_id, std::move(key)}));
  if (!gone.empty()) CHECK_OK(let_go(session, gone, orphans));
  return true;
}

Outcome<void> set_tags(meta::Session& session, std::string_view bucket_name, std::string_view key, const Tags& tags) {
  TRY(BucketRow row, bucket(session, bucket_name));
  TRY(auto changed, session.run("UPDATE s3_objects SET tags = ? WHERE bucket = ? AND key = ?",
                                {Bytes{pack(tags)}, row.id, blob(key)}));
  if (changed == 0) return no_such_key(key);
  return {};
}

Outcome<void> let_go(meta::Session& session, std::string_view name, Orphans& orphans) {
  bool named = false;
  CHECK_OK(session.run("SELECT 1 FROM s3_objects WHERE blob = ? LIMIT 1", {name}, [&](const meta::Row&) {
    named = true;
    return false;
  }));
  if (!named) orphans.emplace_back(name);
  return {};
}

Outcome<bool> is_named(meta::Session& session, std::string_view name) {
  bool named = false;
  CHECK_OK(
      session.run("SELECT 1 FROM s3_objects WHERE blob = ? UNION ALL SELECT 1 FROM s3_uploads WHERE blob = ? "
                  "UNION ALL SELECT 1 FROM s3_parts WHERE blob = ?",
                  {name, name, name}, [&](const meta::Row&) {
                    named = true;
                    return false;
                  }));
  return named;
}

Outcome<void> scan(meta::Session& session, std::int64_t bucket_id, std::string_view from, std::string_view below,
                   std::int64_t limit, const std::function<bool(const meta::Row&)>& each) {
  constexpr std::string_view open_end =
      "SELECT key, size, modified, etag, checksum_algorithm, checksum_type FROM s3_objects WHERE bucket = ? AND key >= "
      "? "
      "ORDER BY key LIMIT ?";
  constexpr std::string_view bounded =
      "SELECT key, size, modified, etag, checksum_algorithm, checksum_type FROM s3_objects WHERE bucket = ? AND key >= "
      "? AND key < ? "
      "ORDER BY key LIMIT ?";
  auto done = below.empty() ? session.run(open_end, {bucket_id, blob(from), limit}, each)
                            : session.run(bounded, {bucket_id, blob(from), blob(below), limit}, each);
  CHECK_OK(std::move(done));
  return {};
}

Object listed(const meta::Row& row) {
  Object object;
  object.key = row.text(0);
  object.size = static_cast<std::uint64_t>(row.integer(1));
  object.modified = Time{row.integer(2)};
  object.etag = row.text(3);
  object.checksum_algorithm = row.text(4);
  object.checksum_type = row.text(5);
  return object;
}

}  // namespace clary::objects::index
