// Which bucket and key a request means: http://host/bucket/key (path style) or http://bucket.host/key (virtual-host
// style). Thread rule: pure functions. Invariant: the key is the decoded path, byte for byte; nothing in it is a path
// for us.
#pragma once

#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "http/message.hpp"

namespace clary::services::s3 {

struct Target {
  std::string bucket;  // empty: the service itself
  std::string key;     // empty: the bucket itself
};

Outcome<Target> read_target(const http::Request& request);  // InvalidURI
// The bucket in a host name ("digits.localhost:9080", "digits.s3.us-east-1.amazonaws.com"); empty where it names none.
std::string_view bucket_of_host(std::string_view host);

struct CopySourceAddress {
  std::string bucket, key, version;
};
// The x-amz-copy-source header: "/bucket/key?versionId=null", percent-encoded.
Outcome<CopySourceAddress> read_copy_source(std::string_view header);

// S3's rules for the name of a new bucket.
bool is_bucket_name(std::string_view name);

}  // namespace clary::services::s3
