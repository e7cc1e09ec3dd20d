#include "objects/local_objects.hpp"

#include "base/bytes.hpp"
#include "objects/errors.hpp"
#include "objects/listing.hpp"
#include "objects/log.hpp"
#include "objects/object_reader.hpp"
#include "objects/object_writer.hpp"
#include "objects/upload_index.hpp"
#include "objects/verify.hpp"

namespace clary::objects {

namespace {

constexpr std::size_t longest_key = 1024;
constexpr int open_attempts = 5;

Outcome<void> check_key(std::string_view key) {
  if (key.empty()) return invalid_request("A key must not be empty.");
  if (key.size() > longest_key) {
    return aws_error(ErrorKind::validation, "KeyTooLongError", "Your key is too long")
        .with("Size", std::to_string(key.size()))
        .with("MaxSizeAllowed", std::to_string(longest_key));
  }
  if (!is_valid_utf8(key)) return aws_error(ErrorKind::validation, "InvalidURI", "Couldn't parse the specified URI.");
  return {};
}

}  // namespace

LocalObjects::LocalObjects(std::shared_ptr<meta::Store> store, const Clock& clock, std::unique_ptr<Blobs> blobs,
                           const ObjectsOptions& options)
    : store_(std::move(store)),
      clock_(clock),
      blobs_(std::move(blobs)),
      options_(options),
      uploads_(*this, *store_, clock_, *blobs_, options_) {}

Outcome<Bucket> LocalObjects::bucket(std::string_view name) {
  return store_->read([&](meta::Session& session) -> Outcome<Bucket> {
    TRY(auto row, index::bucket(session, name));
    return row.bucket;
  });
}

Outcome<Object> LocalObjects::stat(std::string_view bucket, std::string_view key) {
  return store_->read([&](meta::Session& session) -> Outcome<Object> {
    TRY(auto stored, index::find(session, bucket, key, false));
    return std::move(stored.object);
  });
}

Outcome<std::unique_ptr<Reader>> LocalObjects::open(std::string_view bucket, std::string_view key) {
  for (int attempt = 0;; ++attempt) {
    TRY(index::Stored stored,
        store_->read([&](meta::Session& session) { return index::find(session, bucket, key, true); }));
    if (stored.blob.empty()) return std::unique_ptr<Reader>(new StoredReader(std::move(stored), nullptr));
    auto file = blobs_->open_blob(stored.blob);
    if (file) return std::unique_ptr<Reader>(new StoredReader(std::move(stored), *std::move(file)));
    // Replaced between the look-up and the open: look again.
    if (file.error().kind != ErrorKind::not_found) return std::move(file).error();
    if (attempt == open_attempts) return internal("the blob {} of an object is missing", stored.blob);
  }
}

Outcome<Listing> LocalObjects::list(std::string_view bucket, std::string_view prefix, std::string_view delimiter,
                                    std::string_view after, std::int64_t limit) {
  return store_->read([&](meta::Session& session) -> Outcome<Listing> {
    TRY(auto row, index::bucket(session, bucket));
    return list_keys(session, row.id, prefix, delimiter, after, limit);
  });
}

Outcome<std::unique_ptr<Writer>> LocalObjects::create(std::string_view bucket, Object description) {
  TRY(auto writer, create_checked(bucket, std::move(description), {}, {}));
  return std::unique_ptr<Writer>(std::move(writer));
}

Outcome<std::unique_ptr<CheckedWriter>> LocalObjects::create_checked(std::string_view name, Object description,
                                                                     Expected expected, Condition condition) {
  CHECK_OK(check_key(description.key));
  TRY(auto algorithm, algorithm_of(description.checksum_algorithm));
  CHECK_OK(check_form(expected, algorithm, description.checksum));
  // Told before the client sends gigabytes; it is the commit that decides.
  if (condition.if_none_match || !condition.if_match.empty()) {
    CHECK_OK(
        store_->read([&](meta::Session& session) { return index::check(session, name, description.key, condition); }));
  } else {
    CHECK_OK(bucket(name));
  }
  return std::unique_ptr<CheckedWriter>(new ObjectWriter(*this, std::string(name), std::move(description),
                                                         std::move(expected), std::move(condition),
                                                         algorithm.value_or(Algorithm::crc64nvme)));
}

Outcome<Object> LocalObjects::put(std::string_view bucket, const index::Stored& stored, const Condition& condition) {
  index::Stored dated = stored;
  dated.object.modified = clock_.now();
  TRY(auto orphans,
      store_->write([&](meta::Session& session) { return index::put(session, bucket, dated, condition); }));
  unlink(orphans);
  return std::move(dated.object);
}

Outcome<Bucket> LocalObjects::create_bucket(std::string_view name, const Scope& owner) {
  const Bucket wanted{std::string(name), owner, clock_.now()};
  return store_->write([&](meta::Session& session) { return index::insert_bucket(session, wanted); });
}

Outcome<void> LocalObjects::delete_bucket(std::string_view name) {
  TRY(auto orphans, store_->write([&](meta::Session& session) -> Outcome<index::Orphans> {
    TRY(auto row, index::bucket(session, name));
    CHECK_OK(index::erase_bucket(session, name));
    return upload_index::erase_all(session, row.id);
  }));
  unlink(orphans);
  return {};
}

Outcome<BucketPage> LocalObjects::buckets(const BucketQuery& query) {
  return store_->read([&](meta::Session& session) { return index::buckets(session, query); });
}

Outcome<Tags> LocalObjects::bucket_tags(std::string_view bucket) {
  return store_->read([&](meta::Session& session) { return index::bucket_tags(session, bucket); });
}

Outcome<void> LocalObjects::set_bucket_tags(std::string_view bucket, const Tags& tags) {
  return store_->write([&](meta::Session& session) { return index::set_bucket_tags(session, bucket, tags); });
}

Outcome<bool> LocalObjects::erase(std::string_view bucket, std::string_view key, const Condition& condition) {
  TRY(auto outcomes, erase_all(bucket, {{std::string(key), condition}}));
  return std::move(outcomes.front());
}

Outcome<std::vector<Outcome<bool>>> LocalObjects::erase_all(std::string_view name,
                                                            const std::vector<Deletion>& deletions) {
  index::Orphans orphans;
  TRY(auto outcomes, store_->write([&](meta::Session& session) -> Outcome<std::vector<Outcome<bool>>> {
    orphans.clear();
    TRY(auto row, index::bucket(session, name));
    std::vector<Outcome<bool>> each;
    for (const auto& deletion : deletions) each.push_back(index::erase(session, row.id, deletion, orphans));
    return each;
  }));
  unlink(orphans);
  return outcomes;
}

Outcome<void> LocalObjects::set_tags(std::string_view bucket, std::string_view key, const Tags& tags) {
  return store_->write([&](meta::Session& session) { return index::set_tags(session, bucket, key, tags); });
}

// The checksum of the source's bytes in an algorithm that it was not stored with; `etag` becomes the version that was
// read.
Outcome<std::string> LocalObjects::checksum_of(const CopySource& from, Algorithm algorithm, std::string& etag) {
  TRY(auto reader, open(from.bucket, from.key));
  etag = reader->object().etag;
  Checksum sum(algorithm);
  std::string buffer(1024 * 1024, '\0');
  for (std::uint64_t at = 0; at < reader->object().size;) {
    TRY(std::size_t got, reader->read(at, buffer.data(), buffer.size()));
    sum.update({buffer.data(), got});
    at += got;
  }
  return to_base64(sum.raw());
}

Outcome<Object> LocalObjects::copy(const CopySource& from, std::string_view bucket, Object description,
                                   const CopyPlan& plan) {
  CHECK_OK(check_key(description.key));
  TRY(auto algorithm, algorithm_of(plan.checksum_algorithm));
  std::string etag = from.etag, checksum;
  if (algorithm) {
    TRY(Object source, stat(from.bucket, from.key));
    if (source.checksum_algorithm != name_of(*algorithm) || source.checksum_type != "FULL_OBJECT") {
      TRY(checksum, checksum_of(from, *algorithm, etag));
      if (!from.etag.empty() && from.etag != etag) return precondition_failed("x-amz-copy-source-If-Match");
    }
  }
  index::Orphans orphans;
  auto copied = store_->write([&](meta::Session& session) -> Outcome<Object> {
    TRY(index::Stored stored, index::find(session, from.bucket, from.key, true));
    if (!etag.empty() && stored.object.etag != etag) return precondition_failed("x-amz-copy-source-If-Match");
    stored.object.key = description.key;
    stored.object.modified = clock_.now();
    if (!plan.keep_headers) stored.object.headers = description.headers;
    if (!plan.keep_tags) stored.object.tags = description.tags;
    if (!checksum.empty()) {
      stored.object.checksum = checksum;
      stored.object.checksum_algorithm = name_of(*algorithm);
      stored.object.checksum_type = "FULL_OBJECT";
    }
    TRY(orphans, index::put(session, bucket, stored, plan.condition));
    return std::move(stored.object);
  });
  if (copied) unlink(orphans);
  return copied;
}

void LocalObjects::unlink(const index::Orphans& orphans) {
  for (const auto& blob : orphans) blobs_->remove(blob);
}

Outcome<std::size_t> LocalObjects::sweep(std::stop_token stop) {
  return blobs_->sweep(
      [&](const std::string& id) {
        return store_->read([&](meta::Session& session) { return index::is_named(session, id); });
      },
      stop);
}

void LocalObjects::sweep_in_background() {
  sweeper_ = std::jthread([this](std::stop_token stop) {
    auto removed = sweep(stop);
    if (!removed) {
      log_.warn("the search for left-over blobs failed: {}", removed.error().detail);
    } else if (*removed > 0) {
      log_.info("{} blobs were left over from an earlier run and are gone", *removed);
    }
  });
}

Outcome<std::shared_ptr<Objects>> open_objects(std::shared_ptr<meta::Store> store, const Clock& clock,
                                               const ObjectsOptions& options) {
  TRY(auto blobs, Blobs::open(options.folder));
  auto objects = std::make_shared<LocalObjects>(std::move(store), clock, std::move(blobs), options);
  if (options.sweep_in_background) {
    objects->sweep_in_background();
  } else {
    CHECK_OK(objects->sweep({}));
  }
  return std::shared_ptr<Objects>(std::move(objects));
}

}  // namespace clary::objects
