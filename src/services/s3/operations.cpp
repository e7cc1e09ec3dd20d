#include "services/s3/operations.hpp"

namespace clary::services::s3 {

namespace {

constexpr Rule rules[] = {
    {"GET", Level::service, "", "", "ListBuckets"},

    {"GET", Level::bucket, "abac", "", "GetBucketAbac"},
    {"GET", Level::bucket, "accelerate", "", "GetBucketAccelerateConfiguration"},
    {"GET", Level::bucket, "acl", "", "GetBucketAcl"},
    {"GET", Level::bucket, "analytics", "", "GetBucketAnalyticsConfiguration"},
    {"GET", Level::bucket, "cors", "", "GetBucketCors"},
    {"GET", Level::bucket, "encryption", "", "GetBucketEncryption"},
    {"GET", Level::bucket, "intelligent-tiering", "", "GetBucketIntelligentTieringConfiguration"},
    {"GET", Level::bucket, "inventory", "", "GetBucketInventoryConfiguration"},
    {"GET", Level::bucket, "lifecycle", "", "GetBucketLifecycleConfiguration"},
    {"GET", Level::bucket, "location", "", "GetBucketLocation"},
    {"GET", Level::bucket, "logging", "", "GetBucketLogging"},
    {"GET", Level::bucket, "metadataConfiguration", "", "GetBucketMetadataConfiguration"},
    {"GET", Level::bucket, "metadataTable", "", "GetBucketMetadataTableConfiguration"},
    {"GET", Level::bucket, "metrics", "", "GetBucketMetricsConfiguration"},
    {"GET", Level::bucket, "notification", "", "GetBucketNotificationConfiguration"},
    {"GET", Level::bucket, "object-lock", "", "GetObjectLockConfiguration"},
    {"GET", Level::bucket, "ownershipControls", "", "GetBucketOwnershipControls"},
    {"GET", Level::bucket, "policy", "", "GetBucketPolicy"},
    {"GET", Level::bucket, "policyStatus", "", "GetBucketPolicyStatus"},
    {"GET", Level::bucket, "publicAccessBlock", "", "GetPublicAccessBlock"},
    {"GET", Level::bucket, "replication", "", "GetBucketReplication"},
    {"GET", Level::bucket, "requestPayment", "", "GetBucketRequestPayment"},
    {"GET", Level::bucket, "session", "", "CreateSession"},
    {"GET", Level::bucket, "tagging", "", "GetBucketTagging"},
    {"GET", Level::bucket, "uploads", "", "ListMultipartUploads"},
    {"GET", Level::bucket, "versioning", "", "GetBucketVersioning"},
    {"GET", Level::bucket, "versions", "", "ListObjectVersions"},
    {"GET", Level::bucket, "website", "", "GetBucketWebsite"},
    {"GET", Level::bucket, "list-type", "", "ListObjectsV2"},
    {"GET", Level::bucket, "", "", "ListObjects"},
    {"HEAD", Level::bucket, "", "", "HeadBucket"},
    {"PUT", Level::bucket, "abac", "", "PutBucketAbac"},
    {"PUT", Level::bucket, "accelerate", "", "PutBucketAccelerateConfiguration"},
    {"PUT", Level::bucket, "acl", "", "PutBucketAcl"},
    {"PUT", Level::bucket, "analytics", "", "PutBucketAnalyticsConfiguration"},
    {"PUT", Level::bucket, "cors", "", "PutBucketCors"},
    {"PUT", Level::bucket, "encryption", "", "PutBucketEncryption"},
    {"PUT", Level::bucket, "intelligent-tiering", "", "PutBucketIntelligentTieringConfiguration"},
    {"PUT", Level::bucket, "inventory", "", "PutBucketInventoryConfiguration"},
    {"PUT", Level::bucket, "lifecycle", "", "PutBucketLifecycleConfiguration"},
    {"PUT", Level::bucket, "logging", "", "PutBucketLogging"},
    {"PUT", Level::bucket, "metrics", "", "PutBucketMetricsConfiguration"},
    {"PUT", Level::bucket, "notification", "", "PutBucketNotificationConfiguration"},
    {"PUT", Level::bucket, "object-lock", "", "PutObjectLockConfiguration"},
    {"PUT", Level::bucket, "ownershipControls", "", "PutBucketOwnershipControls"},
    {"PUT", Level::bucket, "policy", "", "PutBucketPolicy"},
    {"PUT", Level::bucket, "publicAccessBlock", "", "PutPublicAccessBlock"},
    {"PUT", Level::bucket, "replication", "", "PutBucketReplication"},
    {"PUT", Level::bucket, "requestPayment", "", "PutBucketRequestPayment"},
    {"PUT", Level::bucket, "tagging", "", "PutBucketTagging"},
    {"PUT", Level::bucket, "versioning", "", "PutBucketVersioning"},
    {"PUT", Level::bucket, "website", "", "PutBucketWebsite"},
    {"PUT", Level::bucket, "", "", "CreateBucket"},
    {"POST", Level::bucket, "delete", "", "DeleteObjects"},
    {"POST", Level::bucket, "metadataConfiguration", "", "CreateBucketMetadataConfiguration"},
    {"POST", Level::bucket, "metadataTable", "", "CreateBucketMetadataTableConfiguration"},
    {"DELETE", Level::bucket, "analytics", "", "DeleteBucketAnalyticsConfiguration"},
    {"DELETE", Level::bucket, "cors", "", "DeleteBucketCors"},
    {"DELETE", Level::bucket, "encryption", "", "DeleteBucketEncryption"},
    {"DELETE", Level::bucket, "intelligent-tiering", "", "DeleteBucketIntelligentTieringConfiguration"},
    {"DELETE", Level::bucket, "inventory", "", "DeleteBucketInventoryConfiguration"},
    {"DELETE", Level::bucket, "lifecycle", "", "DeleteBucketLifecycle"},
    {"DELETE", Level::bucket, "metrics", "", "DeleteBucketMetricsConfiguration"},
    {"DELETE", Level::bucket, "ownershipControls", "", "DeleteBucketOwnershipControls"},
    {"DELETE", Level::bucket, "policy", "", "DeleteBucketPolicy"},
    {"DELETE", Level::bucket, "publicAccessBlock", "", "DeletePublicAccessBlock"},
    {"DELETE", Level::bucket, "replication", "", "DeleteBucketReplication"},
    {"DELETE", Level::bucket, "tagging", "", "DeleteBucketTagging"},
    {"DELETE", Level::bucket, "website", "", "DeleteBucketWebsite"},
    {"DELETE", Level::bucket, "", "", "DeleteBucket"},

    {"GET", Level::object, "acl", "", "GetObjectAcl"},
    {"GET", Level::object, "attributes", "", "GetObjectAttributes"},
    {"GET", Level::object, "annotation", "", "GetObjectAnnotation"},
    {"GET", Level::object, "legal-hold", "", "GetObjectLegalHold"},
    {"GET", Level::object, "retention", "", "GetObjectRetention"},
    {"GET", Level::object, "tagging", "", "GetObjectTagging"},
    {"GET", Level::object, "torrent", "", "GetObjectTorrent"},
    {"GET", Level::object, "uploadId", "", "ListParts"},
    {"GET", Level::object, "", "", "GetObject"},
    {"HEAD", Level::object, "", "", "HeadObject"},
    {"PUT", Level::object, "acl", "", "PutObjectAcl"},
    {"PUT", Level::object, "annotation", "", "PutObjectAnnotation"},
    {"PUT", Level::object, "encryption", "", "UpdateObjectEncryption"},
    {"PUT", Level::object, "legal-hold", "", "PutObjectLegalHold"},
    {"PUT", Level::object, "retention", "", "PutObjectRetention"},
    {"PUT", Level::object, "renameObject", "", "RenameObject"},
    {"PUT", Level::object, "tagging", "", "PutObjectTagging"},
    {"PUT", Level::object, "uploadId", "x-amz-copy-source", "UploadPartCopy"},
    {"PUT", Level::object, "uploadId", "", "UploadPart"},
    {"PUT", Level::object, "", "x-amz-copy-source", "CopyObject"},
    {"PUT", Level::object, "", "", "PutObject"},
    {"POST", Level::object, "uploads", "", "CreateMultipartUpload"},
    {"POST", Level::object, "uploadId", "", "CompleteMultipartUpload"},
    {"POST", Level::object, "restore", "", "RestoreObject"},
    {"POST", Level::object, "select", "", "SelectObjectContent"},
    {"DELETE", Level::object, "uploadId", "", "AbortMultipartUpload"},
    {"DELETE", Level::object, "annotation", "", "DeleteObjectAnnotation"},
    {"DELETE", Level::object, "tagging", "", "DeleteObjectTagging"},
    {"DELETE", Level::object, "", "", "DeleteObject"},
};

}  // namespace

const Rule* find_rule(const http::Request& request, const Target& target, const wire::Form& query) {
  const Level level = target.bucket.empty() ? Level::service : target.key.empty() ? Level::bucket : Level::object;
  for (const Rule& rule : rules) {
    if (rule.level != level || rule.method != request.method) continue;
    if (!rule.parameter.empty() && !query.contains(rule.parameter)) continue;
    if (!rule.header.empty() && !request.headers.has(rule.header)) continue;
    return &rule;
  }
  return nullptr;
}

}  // namespace clary::services::s3
