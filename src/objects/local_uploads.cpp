#include "objects/local_uploads.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/rng.hpp"
#include "objects/completion.hpp"
#include "objects/errors.hpp"
#include "objects/part_writer.hpp"
#include "objects/verify.hpp"

namespace clary::objects {

using upload_index::PartRow;
using upload_index::UploadRow;

namespace {

constexpr int most_parts = 10000;

// Uploads of one key are listed by id, so ids grow with time.
std::string new_upload_id(Time now) {
  return fmt::format("{:015x}", now.micros) + random_alphanumeric(49);
}

Outcome<void> check_type(const Object& description, std::optional<Algorithm> algorithm) {
  if (description.checksum_type.empty()) return {};
  if (!algorithm)
    return invalid_request("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
  const bool full = description.checksum_type == "FULL_OBJECT";
  if (!full && description.checksum_type != "COMPOSITE")
    return invalid_request("Value for x-amz-checksum-type header is invalid.");
  const bool possible = full ? is_crc(*algorithm) : *algorithm != Algorithm::crc64nvme;
  if (possible) return {};
  return invalid_request(fmt::format("The {} checksum type cannot be used with the {} checksum algorithm.",
                                     description.checksum_type, name_of(*algorithm)));
}

Error conflict() {
  return aws_error(
      ErrorKind::unavailable, "OperationAborted",
      "A conflicting conditional operation is currently in progress against this resource. Please try again.");
}

}  // namespace

LocalUploads::LocalUploads(Objects& objects, meta::Store& store, const Clock& clock, Blobs& blobs,
                           const ObjectsOptions& options)
    : objects_(objects), store_(store), clock_(clock), blobs_(blobs), options_(options) {}

Outcome<Upload> LocalUploads::start(std::string_view bucket, const Object& description) {
  TRY(auto algorithm, algorithm_of(description.checksum_algorithm));
  CHECK_OK(check_type(description, algorithm));
  Upload upload{.id = {},
                .bucket = std::string(bucket),
                .key = description.key,
                .created = clock_.now(),
                .checksum_algorithm = {},
                .checksum_type = description.checksum_type,
                .headers = description.headers,
                .tags = description.tags};
  upload.id = new_upload_id(upload.created);
  if (algorithm) {
    upload.checksum_algorithm = name_of(*algorithm);
    if (upload.checksum_type.empty())
      upload.checksum_type = *algorithm == Algorithm::crc64nvme ? "FULL_OBJECT" : "COMPOSITE";
  }
  const std::string blob = blobs_.new_id();
  CHECK_OK(store_.write([&](meta::Session& session) { return upload_index::insert(session, upload, blob); }));
  return upload;
}

Outcome<Upload> LocalUploads::find(std::string_view bucket, std::string_view key, std::string_view id) {
  TRY(auto row, store_.read([&](meta::Session& session) { return upload_index::find_open(session, bucket, key, id); }));
  return std::move(row.upload);
}

Outcome<std::shared_ptr<UploadFile>> LocalUploads::file_of(const UploadRow& row) {
  std::lock_guard lock(mutex_);
  if (auto known = files_.find(row.upload.id); known != files_.end()) {
    if (auto file = known->second.lock()) return file;
  }
  TRY(auto acknowledged,
      store_.read([&](meta::Session& session) { return upload_index::parts(session, row.upload.id, 0, most_parts); }));
  std::shared_ptr<UploadFile> file(new UploadFile(blobs_, row.blob, acknowledged),
                                   [this, id = row.upload.id](UploadFile* gone) {
                                     delete gone;
                                     std::lock_guard lock(mutex_);
                                     if (auto it = files_.find(id); it != files_.end() && it->second.expired())
                                       files_.erase(it);
                                   });
  files_[row.upload.id] = file;
  return file;
}

Outcome<std::unique_ptr<PartWriter>> LocalUploads::put(const Upload& upload, Part part, Expected expected) {
  TRY(UploadRow row, store_.read([&](meta::Session& session) {
    return upload_index::find_open(session, upload.bucket, upload.key, upload.id);
  }));
  TRY(auto algorithm, algorithm_of(part.checksum_algorithm));
  const std::string& wanted = row.upload.checksum_algorithm;
  if (algorithm && !wanted.empty() && wanted != name_of(*algorithm)) {
    return invalid_request(
        fmt::format("Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}", wanted,
                    name_of(*algorithm)));
  }
  CHECK_OK(check_form(expected, algorithm, part.checksum));
  if (!algorithm) algorithm = wanted.empty() ? Algorithm::crc64nvme : algorithm_named(wanted);
  TRY(auto file, file_of(row));
  TRY(auto place, file->claim(part.number, expected.size, file));
  return std::unique_ptr<PartWriter>(new LocalPartWriter(*this, std::move(row), std::move(part), std::move(expected),
                                                         *algorithm, std::move(file), std::move(place)));
}

Outcome<Part> LocalUploads::copy(const Upload& upload, int number, const CopySource& from,
                                 std::optional<ByteRange> range) {
  TRY(auto reader, objects_.open(from.bucket, from.key));
  if (!from.etag.empty() && reader->object().etag != from.etag)
    return precondition_failed("x-amz-copy-source-If-Match");
  const std::uint64_t size = reader->object().size;
  const ByteRange all = range.value_or(ByteRange{0, size});
  if (all.first > size || all.length > size - all.first) {
    return aws_error(ErrorKind::validation, "InvalidArgument",
                     "Range specified is not valid for source object of size: {}", size);
  }
  Part part;
  part.number = number;
  Expected expected;
  expected.size = all.length;
  TRY(auto writer, put(upload, std::move(part), std::move(expected)));
  std::string buffer(std::min<std::uint64_t>(all.length, 1024 * 1024), '\0');
  for (std::uint64_t done = 0; done < all.length;) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), all.length - done));
    TRY(std::size_t got, reader->read(all.first + done, buffer.data(), piece));
    CHECK_OK(writer->write({buffer.data(), got}));
    done += got;
  }
  return writer->commit();
}

Outcome<PartListing> LocalUploads::parts(const Upload& upload, int after, std::int64_t limit) {
  return store_.read([&](meta::Session& session) -> Outcome<PartListing> {
    TRY(auto row, upload_index::find_open(session, upload.bucket, upload.key, upload.id));
    TRY(auto rows, upload_index::parts(session, upload.id, after, limit + 1));
    PartListing listing{std::move(row.upload), {}, static_cast<std::int64_t>(rows.size()) > limit};
    if (listing.truncated) rows.pop_back();
    for (auto& found : rows) listing.parts.push_back(std::move(found.part));
    return listing;
  });
}

Outcome<UploadListing> LocalUploads::list(std::string_view bucket, std::string_view prefix, std::string_view delimiter,
                                          std::string_view after_key, std::string_view after_upload,
                                          std::int64_t limit) {
  return store_.read([&](meta::Session& session) -> Outcome<UploadListing> {
    TRY(auto row, index::bucket(session, bucket));
    return upload_index::list(session, row, prefix, delimiter, after_key, after_upload, limit);
  });
}

Outcome<Object> LocalUploads::complete(std::string_view bucket, std::string_view key, std::string_view id,
                                       const Completion& completion, const Condition& condition) {
  auto find = [&] {
    return store_.read([&](meta::Session& session) { return upload_index::find(session, bucket, key, id); });
  };
  TRY(UploadRow row, find());
  if (row.completed) return completed_before(row);
  TRY(auto file, file_of(row));
  std::lock_guard one(file->completing());
  // Another thread may have completed it while this one waited.
  TRY(row, find());
  if (row.completed) return completed_before(row);
  file->close();
  auto object = finish(row, completion, condition);
  if (!object) file->reopen();
  return object;
}

Outcome<Object> LocalUploads::completed_before(const UploadRow& row) {
  auto object = objects_.stat(row.upload.bucket, row.upload.key);
  if (object && object->etag == row.etag) return object;
  Object answer;
  answer.key = row.upload.key;
  answer.etag = row.etag;
  return answer;
}

Outcome<Object> LocalUploads::finish(const UploadRow& row, const Completion& completion, const Condition& condition) {
  auto read_parts = [&](meta::Session& session) { return upload_index::parts(session, row.upload.id, 0, most_parts); };
  TRY(auto there, store_.read(read_parts));
  TRY(auto chosen, choose_parts(row, there, completion, options_.minimum_part));
  TRY(Object object, describe(row, chosen, completion));
  TRY(Assembled assembled, assemble(blobs_, row, chosen, there));
  object.modified = clock_.now();
  index::Orphans orphans;
  auto done = store_.write([&](meta::Session& session) -> Outcome<void> {
    CHECK_OK(upload_index::find_open(session, row.upload.bucket, row.upload.key, row.upload.id));
    TRY(auto now_there, read_parts(session));
    // A part that was sent again meanwhile would be lost silently.
    if (now_there != there) return conflict();
    TRY(orphans, index::put(session, row.upload.bucket, {object, assembled.blob, {}}, condition));
    TRY(auto more, upload_index::complete(session, row, assembled.blob, object.etag, object.modified));
    orphans.insert(orphans.end(), more.begin(), more.end());
    return {};
  });
  if (!done) {
    if (assembled.made) blobs_.remove(assembled.blob);
    return std::move(done).error();
  }
  unlink(orphans);
  return object;
}

Outcome<void> LocalUploads::abort(std::string_view bucket, std::string_view key, std::string_view id) {
  TRY(UploadRow row,
      store_.read([&](meta::Session& session) { return upload_index::find_open(session, bucket, key, id); }));
  TRY(auto file, file_of(row));
  std::lock_guard one(file->completing());
  file->close();
  index::Orphans orphans;
  auto done = store_.write([&](meta::Session& session) -> Outcome<void> {
    CHECK_OK(upload_index::find_open(session, bucket, key, id));
    TRY(orphans, upload_index::erase(session, row));
    return {};
  });
  if (!done) {
    file->reopen();
    return done;
  }
  unlink(orphans);
  return {};
}

void LocalUploads::unlink(const index::Orphans& orphans) {
  for (const auto& blob : orphans) blobs_.remove(blob);
}

}  // namespace clary::objects
