// The object store on this host's disk: blobs in a folder, index in the metadata store.
// Owned by whoever called open_objects(). Thread rule: any thread.
// Invariant: blobs are sealed before the index names them, and unlinked only after the commit that no longer does.
#pragma once

#include <memory>
#include <thread>

#include "objects/blobs.hpp"
#include "objects/index.hpp"
#include "objects/local_uploads.hpp"
#include "objects/objects.hpp"

namespace clary::objects {

class LocalObjects final : public Objects {
 public:
  LocalObjects(std::shared_ptr<meta::Store> store, const Clock& clock, std::unique_ptr<Blobs> blobs,
               const ObjectsOptions& options);

  Outcome<Bucket> bucket(std::string_view bucket) override;
  Outcome<Object> stat(std::string_view bucket, std::string_view key) override;
  Outcome<std::unique_ptr<Reader>> open(std::string_view bucket, std::string_view key) override;
  Outcome<Listing> list(std::string_view bucket, std::string_view prefix, std::string_view delimiter,
                        std::string_view after, std::int64_t limit) override;
  Outcome<std::unique_ptr<Writer>> create(std::string_view bucket, Object description) override;
  Outcome<Bucket> create_bucket(std::string_view name, const Scope& owner) override;
  Outcome<void> delete_bucket(std::string_view name) override;
  Outcome<BucketPage> buckets(const BucketQuery& query) override;
  Outcome<Tags> bucket_tags(std::string_view bucket) override;
  Outcome<void> set_bucket_tags(std::string_view bucket, const Tags& tags) override;
  Outcome<std::unique_ptr<CheckedWriter>> create_checked(std::string_view bucket, Object description, Expected expected,
                                                         Condition condition) override;
  Outcome<Object> copy(const CopySource& from, std::string_view bucket, Object description,
                       const CopyPlan& plan) override;
  Outcome<bool> erase(std::string_view bucket, std::string_view key, const Condition& condition) override;
  Outcome<std::vector<Outcome<bool>>> erase_all(std::string_view bucket,
                                                const std::vector<Deletion>& deletions) override;
  Outcome<void> set_tags(std::string_view bucket, std::string_view key, const Tags& tags) override;
  Uploads& uploads() override { return uploads_; }

  Outcome<std::size_t> sweep(std::stop_token stop);
  void sweep_in_background();

 private:
  // Writes the row and unlinks what it replaced.
  Outcome<Object> put(std::string_view bucket, const index::Stored& stored, const Condition& condition);
  Outcome<std::string> checksum_of(const CopySource& from, Algorithm algorithm, std::string& etag);
  void unlink(const index::Orphans& orphans);

  std::shared_ptr<meta::Store> store_;
  const Clock& clock_;
  std::unique_ptr<Blobs> blobs_;
  ObjectsOptions options_;
  LocalUploads uploads_;
  std::jthread sweeper_;  // last: it uses the others
  friend class ObjectWriter;
};

}  // namespace clary::objects
