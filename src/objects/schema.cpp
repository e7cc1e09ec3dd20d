#include "objects/objects.hpp"

namespace clary::objects {

// Released steps are never edited: a change of the schema is a new step.
const std::vector<meta::Migration> object_migrations = {
    {301, R"(
CREATE TABLE s3_buckets (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  created BIGINT NOT NULL,
  tags BLOB NOT NULL
);
CREATE TABLE s3_objects (
  bucket BIGINT NOT NULL,
  key BLOB NOT NULL,
  size BIGINT NOT NULL,
  modified BIGINT NOT NULL,
  etag TEXT NOT NULL,
  checksum_algorithm TEXT NOT NULL,
  checksum TEXT NOT NULL,
  checksum_type TEXT NOT NULL,
  blob TEXT,
  headers BLOB NOT NULL,
  tags BLOB NOT NULL,
  parts BLOB NOT NULL,
  data BLOB,
  PRIMARY KEY (bucket, key)
);
CREATE INDEX s3_objects_blob ON s3_objects (blob) WHERE blob IS NOT NULL;
CREATE TABLE s3_uploads (
  id TEXT PRIMARY KEY,
  bucket BIGINT NOT NULL,
  key BLOB NOT NULL,
  created BIGINT NOT NULL,
  checksum_algorithm TEXT NOT NULL,
  checksum_type TEXT NOT NULL,
  headers BLOB NOT NULL,
  tags BLOB NOT NULL,
  blob TEXT NOT NULL,
  completed BIGINT,
  etag TEXT NOT NULL
);
CREATE INDEX s3_uploads_key ON s3_uploads (bucket, key, id);
CREATE INDEX s3_uploads_blob ON s3_uploads (blob);
CREATE INDEX s3_uploads_completed ON s3_uploads (completed) WHERE completed IS NOT NULL;
CREATE TABLE s3_parts (
  upload TEXT NOT NULL,
  number INTEGER NOT NULL,
  size BIGINT NOT NULL,
  etag TEXT NOT NULL,
  modified BIGINT NOT NULL,
  checksum_algorithm TEXT NOT NULL,
  checksum TEXT NOT NULL,
  blob TEXT NOT NULL,
  place BIGINT NOT NULL,
  PRIMARY KEY (upload, number)
);
CREATE INDEX s3_parts_blob ON s3_parts (blob);
)"},
};

}  // namespace clary::objects
