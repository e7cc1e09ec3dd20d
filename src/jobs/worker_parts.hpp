// What the workers of training and processing jobs have in common: one of our runtimes with clary_runtime first on its
// path, the layers of their environment, and files of the container contract. Thread rule: pure functions but for
// write_host_file(), which writes the host's own folder alone.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "jobs/job_kind.hpp"
#include "workers/launcher.hpp"

namespace clary::jobs {

// The region's variables, under what anything else sets.
void set_region(const Job& job, workers::WorkerSpec& worker);

// One of our runtimes, not a container: `command` runs with its Python (command[0] is runtime.python), its bin folder
// first on PATH, and clary_runtime from `runtime_folder` on the host.
void use_runtime(const runtimes::Environment& runtime, const std::string& runtime_folder,
                 std::vector<std::string> command, workers::WorkerSpec& worker);

// A command that the request names: it takes the place of clary_runtime.command once python and pip, with somewhere to
// install to, are first on its PATH.
std::vector<std::string> given_command(const std::string& python, const std::vector<std::string>& entrypoint,
                                       const std::vector<std::string>& arguments);

// The host's surroundings, then what the request asks for, which wins; a runtime keeps clary_runtime first on PYTHONPATH.
void surround(const Ready& ready, const std::map<std::string, std::string>& requested, workers::WorkerSpec& worker);

// Writes the file `parts` below `host.ml` anew, with the folders on its way.
Outcome<void> write_host_file(const Host& host, std::vector<std::string> parts, std::string_view text);

}  // namespace clary::jobs
