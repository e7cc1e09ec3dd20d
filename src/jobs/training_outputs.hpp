// What a job leaves: model.tar.gz from /opt/ml/model and output.tar.gz from /opt/ml/output, put below S3OutputPath as
// AWS does. Functions that block; the machine calls them on its transfer threads. Invariant: no link that the job made
// is followed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "jobs/training_job.hpp"
#include "objects/objects.hpp"

namespace clary::jobs {

struct Artifacts {
  std::string model;  // where the model is, or would be: a job that saves none has the address all the same, as at AWS
  std::vector<std::string> left_out;  // what could not go into an archive
};

// Where the model of a job goes: s3://bucket/prefix/<job>/output/model.tar.gz; with compression NONE the folder
// .../output/model/.
Outcome<std::string> model_address(const TrainingSpec& spec, const std::string& job);

// `mls` are the hosts' /opt/ml on this machine: what they left is merged, and of files of one name the first host's
// counts. Archives are compressed and stored while they are made. An empty folder gives no object. Doing it again
// replaces what was there. What cannot be uploaded keeps nothing else from it; the first error is returned.
Outcome<Artifacts> upload_artifacts(objects::Objects& objects, const TrainingSpec& spec, const std::string& job,
                                    const std::vector<std::string>& mls, const std::function<bool()>& cancelled);

}  // namespace clary::jobs
