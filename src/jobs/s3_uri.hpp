// s3://bucket/key, as the API names objects, prefixes and output folders. A plain value.
#pragma once

#include <string>
#include <string_view>

#include "base/outcome.hpp"

namespace clary::jobs {

struct S3Uri {
  std::string bucket;
  std::string key;  // may be empty
  std::string str() const { return "s3://" + bucket + "/" + key; }
};

Outcome<S3Uri> parse_s3_uri(std::string_view text);

// prefix and name with one slash between them; an empty prefix adds none.
std::string join_key(std::string_view prefix, std::string_view name);

}  // namespace clary::jobs
