// Tags of buckets and objects: their two forms on the wire, and S3's rules for them. Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/s3.hpp"
#include "objects/objects.hpp"

namespace clary::services::s3 {

enum class TagsOf { bucket, object };

// InvalidTag, BadRequest.
Outcome<objects::Tags> read_tags(const std::vector<api::s3::Tag>& tags, TagsOf of);
// The x-amz-tagging header: "stage=raw&team=a%20b".
Outcome<objects::Tags> read_tagging_header(std::string_view header);
std::vector<api::s3::Tag> write_tags(const objects::Tags& tags);

}  // namespace clary::services::s3
