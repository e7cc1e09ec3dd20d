// The configuration files of a processing job's hosts, below /opt/ml/config, and what their end leaves in
// /opt/ml/output/message. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "jobs/processing_job.hpp"

namespace clary::jobs {

// The request as it came, with the job's ARN, what the request left to its defaults, and null where AWS writes it.
std::string processing_job_config_json(const ProcessingJob& job);
std::string processing_resource_config_json(const std::string& current_host, const std::vector<std::string>& hosts);

inline constexpr std::size_t longest_exit_message = 1024;    // bytes that are told
inline constexpr std::size_t exit_message_read_size = 4096;  // bytes that are read of a host's file, at most

// What all hosts said, in their order, cut to 1 kB between characters; an Error where it is not UTF-8. `messages` has
// the beginning of each host's file, empty where there is none.
Outcome<std::string> exit_message(const std::vector<std::string>& messages);

}  // namespace clary::jobs
