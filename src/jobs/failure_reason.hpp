// Why a training job failed, in the words that DescribeTrainingJob's FailureReason has at AWS. Pure functions.
// Invariant: a reason has at most 1,024 characters and is valid UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "jobs/training_job.hpp"
#include "workers/launcher.hpp"

namespace clary::jobs {

struct FailureFacts {
  workers::Exit exit;
  std::string failure_file;             // what stands in /opt/ml/output/failure
  std::vector<std::string> last_lines;  // of the script's output, oldest first
  workers::Limits limits;
  std::string instance_type;
  std::int64_t volume_gb = 0;
  std::optional<Error> verdict = {};  // of a companion that does the work
};

std::string failure_reason(const FailureFacts& facts);

// The reason of a step of the server's own: "ClientError: ..." where the request can be mended, "InternalServerError:
// ..." where not.
std::string failure_reason(const Error& error);

// At most `limit` characters, cut between characters and marked by "..." where something is missing.
std::string shorten(std::string_view text, std::size_t limit);

}  // namespace clary::jobs
