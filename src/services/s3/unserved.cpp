#include <algorithm>

#include "services/s3/errors.hpp"
#include "services/s3/operations.hpp"

namespace clary::services::s3 {

namespace {

struct Missing {
  std::string_view operation, code, message;
};
constexpr Missing missing[] = {
    {"GetBucketAnalyticsConfiguration", "NoSuchConfiguration", "The specified configuration does not exist."},
    {"GetBucketCors", "NoSuchCORSConfiguration", "The CORS configuration does not exist"},
    {"GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError",
     "The server side encryption configuration was not found"},
    {"GetBucketIntelligentTieringConfiguration", "NoSuchConfiguration", "The specified configuration does not exist."},
    {"GetBucketInventoryConfiguration", "NoSuchConfiguration", "The specified configuration does not exist."},
    {"GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"},
    {"GetBucketMetricsConfiguration", "NoSuchConfiguration", "The specified configuration does not exist."},
    {"GetBucketOwnershipControls", "OwnershipControlsNotFoundError", "The bucket ownership controls were not found"},
    {"GetBucketPolicy", "NoSuchBucketPolicy", "The bucket policy does not exist"},
    {"GetBucketPolicyStatus", "NoSuchBucketPolicy", "The bucket policy does not exist"},
    {"GetBucketReplication", "ReplicationConfigurationNotFoundError", "The replication configuration was not found"},
    {"GetBucketWebsite", "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"},
    {"GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError",
     "Object Lock configuration does not exist for this bucket"},
    {"GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration",
     "The public access block configuration was not found"},
};

// What S3 says of a bucket for which nothing was set up.
struct Empty {
  std::string_view operation, document;
};
constexpr Empty empty[] = {
    {"GetBucketAccelerateConfiguration",
     "<AccelerateConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>"},
    {"GetBucketLogging", "<BucketLoggingStatus xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>"},
    {"GetBucketNotificationConfiguration",
     "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>"},
    {"GetBucketRequestPayment",
     "<RequestPaymentConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Payer>BucketOwner</Payer>"
     "</RequestPaymentConfiguration>"},
};

// Deleting what is not there succeeds on S3.
constexpr std::string_view nothing_to_delete[] = {
    "DeleteBucketCors",        "DeleteBucketEncryption", "DeleteBucketLifecycle",   "DeleteBucketPolicy",
    "DeleteBucketReplication", "DeleteBucketWebsite",    "DeletePublicAccessBlock", "DeleteBucketOwnershipControls"};

}  // namespace

Outcome<http::Response> answer_unserved(Call& call, std::string_view operation) {
  if (!call.target.bucket.empty()) CHECK_OK(call.objects.bucket(call.target.bucket));
  if (auto at = std::ranges::find(missing, operation, &Missing::operation); at != std::end(missing)) {
    return aws_error(ErrorKind::not_found, std::string(at->code), "{}", at->message)
        .with("BucketName", call.target.bucket);
  }
  http::Response response;
  if (auto at = std::ranges::find(empty, operation, &Empty::operation); at != std::end(empty)) {
    response.headers.add("Content-Type", "application/xml");
    response.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + std::string(at->document);
    return response;
  }
  if (std::ranges::find(nothing_to_delete, operation) != std::end(nothing_to_delete)) {
    response.status = 204;
    return response;
  }
  if (operation == "GetObjectLegalHold" || operation == "GetObjectRetention") {
    CHECK_OK(call.objects.stat(call.target.bucket, call.target.key));
    return invalid_request("Bucket is missing Object Lock Configuration");
  }
  return not_implemented(operation);
}

}  // namespace clary::services::s3
