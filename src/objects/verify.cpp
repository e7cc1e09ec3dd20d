#include "objects/verify.hpp"

#include <algorithm>
#include <cctype>

#include "base/bytes.hpp"
#include "objects/errors.hpp"

namespace clary::objects {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

Outcome<std::optional<Algorithm>> algorithm_of(std::string_view name) {
  if (name.empty()) return std::optional<Algorithm>{};
  auto algorithm = algorithm_named(name);
  if (!algorithm) {
    return invalid_request(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, "
        "CRC64NVME, SHA1, "
        "SHA256]");
  }
  return algorithm;
}

Outcome<void> check_form(const Expected& expected, std::optional<Algorithm> algorithm, std::string_view checksum) {
  if (!expected.md5.empty()) {
    auto raw = from_base64(expected.md5);
    if (!raw || raw->size() != 16) {
      return aws_error(ErrorKind::validation, "InvalidDigest", "The Content-MD5 you specified was invalid.")
          .with("Content-MD5", expected.md5);
    }
  }
  if (checksum.empty()) return {};
  if (!algorithm)
    return invalid_request("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* found");
  auto raw = from_base64(checksum);
  if (!raw || raw->size() != raw_size(*algorithm)) {
    return invalid_request(fmt::format("Value for x-amz-checksum-{} header is invalid.", lower(name_of(*algorithm))));
  }
  return {};
}

Outcome<void> check_truth(const Intake::Taken& taken, const Expected& expected, std::optional<Algorithm> algorithm,
                          std::string_view checksum) {
  if (expected.size && *expected.size != taken.size) {
    return aws_error(ErrorKind::validation, "IncompleteBody",
                     "You did not provide the number of bytes specified by the Content-Length HTTP header");
  }
  if (!expected.sha256.empty() && lower(expected.sha256) != to_hex(taken.sha256)) {
    return aws_error(ErrorKind::validation, "XAmzContentSHA256Mismatch",
                     "The provided 'x-amz-content-sha256' header does not match what was computed.")
        .with("ClientComputedContentSHA256", expected.sha256)
        .with("S3ComputedContentSHA256", to_hex(taken.sha256));
  }
  if (!expected.md5.empty() && from_base64(expected.md5) != taken.md5) {
    return aws_error(ErrorKind::validation, "BadDigest",
                     "The Content-MD5 you specified did not match what we received.")
        .with("ExpectedDigest", expected.md5)
        .with("CalculatedDigest", to_base64(taken.md5));
  }
  if (algorithm && !checksum.empty() && from_base64(checksum) != taken.checksum)
    return bad_checksum(name_of(*algorithm));
  return {};
}

}  // namespace clary::objects
