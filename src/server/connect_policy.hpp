// Which CONNECTs end here: the names of the AWS services that are served, and S3's bucket names where the bucket is ours. Everything else is
// tunnelled or refused. Pure functions over their arguments; any thread.
// Source of the names: botocore's endpoints.json (regional and global host names of the commercial partition).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/server.hpp"

namespace clary::server {

struct ConnectPolicy {
  bool enabled = true;
  bool all_amazon = false;  // end TLS for every *.amazonaws.com
  std::function<bool(const std::string& bucket)> bucket_exists;
};

http::ConnectDecision decide(const ConnectPolicy& policy, const std::string& host, std::uint16_t port);

// Whether `host` is an AWS name that this server answers for, not counting bucket names.
bool is_service_name(std::string_view host);
// The bucket in "<bucket>.s3.<region>.amazonaws.com" or "<bucket>.s3.amazonaws.com".
std::optional<std::string> bucket_of(std::string_view host);

}  // namespace clary::server
