#include "objects/upload_index.hpp"

#include "objects/errors.hpp"
#include "objects/listing.hpp"
#include "objects/packing.hpp"

namespace clary::objects::upload_index {

namespace {

constexpr std::int64_t completed_for_micros = std::int64_t{24} * 3600 * 1000000;

Bytes blob(std::string_view text) {
  return Bytes{std::string(text)};
}

Upload read_upload(const meta::Row& row, std::string_view bucket) {
  Upload upload;
  upload.id = row.text(0);
  upload.bucket = bucket;
  upload.key = row.text(1);
  upload.created = Time{row.integer(2)};
  upload.checksum_algorithm = row.text(3);
  upload.checksum_type = row.text(4);
  upload.headers = index::unpack(row.text(5));
  upload.tags = index::unpack(row.text(6));
  return upload;
}

PartRow read_part(const meta::Row& row) {
  PartRow part;
  part.part.number = static_cast<int>(row.integer(0));
  part.part.size = static_cast<std::uint64_t>(row.integer(1));
  part.part.etag = row.text(2);
  part.part.modified = Time{row.integer(3)};
  part.part.checksum_algorithm = row.text(4);
  part.part.checksum = row.text(5);
  part.blob = row.text(6);
  part.place = static_cast<std::uint64_t>(row.integer(7));
  return part;
}

}  // namespace

Outcome<void> insert(meta::Session& session, const Upload& upload, std::string_view shared) {
  TRY(auto bucket, index::bucket(session, upload.bucket));
  CHECK_OK(session.run(
      "INSERT INTO s3_uploads (id, bucket, key, created, checksum_algorithm, checksum_type, headers, tags, blob, etag) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
      {upload.id, bucket.id, blob(upload.key), upload.created.micros, upload.checksum_algorithm, upload.checksum_type,
       Bytes{index::pack(upload.headers)}, Bytes{index::pack(upload.tags)}, shared}));
  return {};
}

Outcome<UploadRow> find(meta::Session& session, std::string_view bucket_name, std::string_view key,
                        std::string_view id) {
  TRY(auto bucket, index::bucket(session, bucket_name));
  std::optional<UploadRow> found;
  CHECK_OK(
      session.run("SELECT id, key, created, checksum_algorithm, checksum_type, headers, tags, blob, completed, etag "
                  "FROM s3_uploads WHERE id = ? AND bucket = ? AND key = ?",
                  {id, bucket.id, blob(key)}, [&](const meta::Row& row) {
                    found = UploadRow{read_upload(row, bucket_name), bucket.id, std::string(row.text(7)),
                                      !row.is_null(8), std::string(row.text(9))};
                    return false;
                  }));
  if (!found) return no_such_upload(id);
  return *std::move(found);
}

Outcome<UploadRow> find_open(meta::Session& session, std::string_view bucket, std::string_view key,
                             std::string_view id) {
  TRY(UploadRow row, find(session, bucket, key, id));
  if (row.completed) return no_such_upload(id);
  return row;
}

Outcome<std::vector<PartRow>> parts(meta::Session& session, std::string_view upload, int after, std::int64_t limit) {
  std::vector<PartRow> rows;
  CHECK_OK(
      session.run("SELECT number, size, etag, modified, checksum_algorithm, checksum, blob, place FROM s3_parts "
                  "WHERE upload = ? AND number > ? ORDER BY number LIMIT ?",
                  {upload, std::int64_t{after}, limit}, [&](const meta::Row& row) {
                    rows.push_back(read_part(row));
                    return true;
                  }));
  return rows;
}

Outcome<index::Orphans> put_part(meta::Session& session, const UploadRow& upload, const PartRow& row) {
  index::Orphans orphans;
  CHECK_OK(session.run("SELECT blob FROM s3_parts WHERE upload = ? AND number = ?",
                       {upload.upload.id, std::int64_t{row.part.number}}, [&](const meta::Row& old) {
                         if (old.text(0) != upload.blob) orphans.emplace_back(old.text(0));
                         return false;
                       }));
  CHECK_OK(session.run(
      "INSERT INTO s3_parts (upload, number, size, etag, modified, checksum_algorithm, checksum, blob, place) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (upload, number) DO UPDATE SET size = excluded.size, etag = "
      "excluded.etag, "
      "modified = excluded.modified, checksum_algorithm = excluded.checksum_algorithm, checksum = excluded.checksum, "
      "blob = excluded.blob, place = excluded.place",
      {upload.upload.id, std::int64_t{row.part.number}, static_cast<std::int64_t>(row.part.size), row.part.etag,
       row.part.modified.micros, row.part.checksum_algorithm, row.part.checksum, row.blob,
       static_cast<std::int64_t>(row.place)}));
  return orphans;
}

namespace {

// Removes the parts' rows; their blobs, and the shared one, are orphans but for `kept`.
Outcome<index::Orphans> erase_parts(meta::Session& session, const UploadRow& upload, std::string_view kept) {
  index::Orphans orphans;
  if (upload.blob != kept && !upload.blob.empty()) orphans.push_back(upload.blob);
  CHECK_OK(session.run("SELECT blob FROM s3_parts WHERE upload = ?", {upload.upload.id}, [&](const meta::Row& row) {
    if (row.text(0) != upload.blob && row.text(0) != kept) orphans.emplace_back(row.text(0));
    return true;
  }));
  CHECK_OK(session.run("DELETE FROM s3_parts WHERE upload = ?", {upload.upload.id}));
  return orphans;
}

}  // namespace

Outcome<index::Orphans> complete(meta::Session& session, const UploadRow& upload, std::string_view kept,
                                 std::string_view etag, Time now) {
  TRY(auto orphans, erase_parts(session, upload, kept));
  CHECK_OK(session.run("UPDATE s3_uploads SET completed = ?, etag = ?, blob = '' WHERE id = ?",
                       {now.micros, etag, upload.upload.id}));
  CHECK_OK(session.run("DELETE FROM s3_uploads WHERE completed < ?", {now.micros - completed_for_micros}));
  return orphans;
}

Outcome<index::Orphans> erase(meta::Session& session, const UploadRow& upload) {
  TRY(auto orphans, erase_parts(session, upload, ""));
  CHECK_OK(session.run("DELETE FROM s3_uploads WHERE id = ?", {upload.upload.id}));
  return orphans;
}

Outcome<index::Orphans> erase_all(meta::Session& session, std::int64_t bucket) {
  std::vector<UploadRow> rows;
  CHECK_OK(session.run("SELECT id, blob FROM s3_uploads WHERE bucket = ?", {bucket}, [&](const meta::Row& row) {
    rows.emplace_back();
    rows.back().upload.id = row.text(0);
    rows.back().blob = row.text(1);
    return true;
  }));
  index::Orphans orphans;
  for (const auto& row : rows) {
    TRY(auto more, erase(session, row));
    orphans.insert(orphans.end(), more.begin(), more.end());
  }
  return orphans;
}

Outcome<UploadListing> list(meta::Session& session, const index::BucketRow& bucket, std::string_view prefix,
                            std::string_view delimiter, std::string_view after_key, std::string_view after_upload,
                            std::int64_t limit) {
  UploadListing page;
  std::int64_t left = limit;
  if (limit <= 0) return page;
  auto each = [&](const meta::Row& row) {
    const std::string_view key = row.text(1);
    if (!key.starts_with(prefix)) return false;
    const std::string_view group = common_prefix(key, prefix, delimiter);
    if (!group.empty() && (group == after_key || (!page.prefixes.empty() && page.prefixes.back() == group)))
      return true;
    page.truncated = left-- == 0;
    if (page.truncated) return false;
    if (group.empty()) {
      page.uploads.push_back(read_upload(row, bucket.bucket.name));
    } else {
      page.prefixes.emplace_back(group);
    }
    page.next_key = group.empty() ? key : group;
    page.next_upload = group.empty() ? row.text(0) : std::string_view{};
    return true;
  };
  // Without an upload id the marker is the key alone, and all its uploads are behind us.
  const std::string_view after_id = after_upload.empty() ? std::string_view("~") : after_upload;
  CHECK_OK(session.run(
      "SELECT id, key, created, checksum_algorithm, checksum_type, headers, tags FROM s3_uploads WHERE bucket = ? "
      "AND completed IS NULL AND key >= ? AND (key > ? OR (key = ? AND id > ?)) ORDER BY key, id",
      {bucket.id, blob(prefix), blob(after_key), blob(after_key), after_id}, each));
  return page;
}

}  // namespace clary::objects::upload_index
