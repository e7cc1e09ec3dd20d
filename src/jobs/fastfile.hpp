// FastFile channels: their files are there at once, and nobody reads them before the job does. Each file is a link to the
// object's own bytes in the object store's folder; the channel's folder stands beside the host's /opt/ml and is mounted
// into its sandbox read-only (docs/adr/0011). There is nothing to release: the links go with the worker's folder, and the
// only mounts are those of the sandbox. Plain functions. Thread rule: as fetch_channel(). Invariant: a job sees the
// objects of its channels and no others, can't write to them, and keeps the versions that were there when it started.
#pragma once

#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "io/file.hpp"
#include "jobs/training_job.hpp"
#include "objects/objects.hpp"
#include "workers/launcher.hpp"

namespace clary::jobs {

// Where the FastFile channels of the host whose /opt/ml is `ml` lie: beside it. What Intake::lazy_folder is set to where
// the launcher isolates its workers.
std::string fastfile_folder(const std::string& ml);

// The mounts of the FastFile channels that fetch_channel() has put there; those of the others are empty.
std::vector<workers::Mount> fastfile_mounts(const std::vector<Channel>& channels, const std::string& ml);

// Makes `name` in `folder` another name of the object's bytes, readable by every user who is shown it. An Error where that
// can't be: another file system, bytes that are kept in the index, a blob that has just been removed.
Outcome<void> link_object(objects::Reader& reader, int folder, const std::string& name);

}  // namespace clary::jobs
