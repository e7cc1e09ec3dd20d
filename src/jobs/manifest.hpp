// The manifests of a channel. ManifestFile is a JSON array: [{"prefix": "s3://bucket/some/"}, "relative/key-1",
// "relative/key-2", ...]. AugmentedManifestFile is JSON lines, an object each; of its attributes those that are listed in
// AttributeNames count, and one whose name ends in "-ref" is the address of an object. Plain values; parsed without
// building a document, so that memory is bounded by the text. Invariant: every name is safe to create below a folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "jobs/s3_uri.hpp"

namespace clary::jobs {

struct Manifest {
  S3Uri prefix;
  std::vector<std::string>
      names;  // what follows the prefix in each key, and the file's path in the channel; no repeats
};

inline constexpr std::size_t longest_manifest = 64 << 20;
inline constexpr std::size_t most_manifest_entries = 1'000'000;

Outcome<Manifest> parse_manifest(std::string_view text);

struct AugmentedLine {
  std::string text;            // a JSON object of the listed attributes alone, in the list's order
  std::vector<S3Uri> objects;  // what its "-ref" attributes name
};

// One line of an augmented manifest. An Error for one that is no JSON object, lacks an attribute of the list, or has a
// "-ref" that is no S3 URI of an object.
Outcome<AugmentedLine> parse_augmented_line(std::string_view line, const std::vector<std::string>& attributes);

// The lines that are not blank. An Error for too many of them.
Outcome<std::vector<std::string_view>> manifest_lines(std::string_view text);

}  // namespace clary::jobs
