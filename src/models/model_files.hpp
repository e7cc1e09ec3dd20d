// Brings a model's files to this host: model.tar.gz from S3, unpacked without trust, or objects as they are, and the
// code archive where it is one of its own. Thread rule: any thread; one call a folder at a time; it blocks. Invariant: the folder is there whole
// or not at all (it is renamed into place), and every worker may read it.
#pragma once

#include <functional>
#include <string>

#include "base/outcome.hpp"
#include "objects/objects.hpp"
#include "models/container.hpp"
#include "models/model_worker.hpp"

namespace clary::models {

// `folder`: the model's own. What is there already is taken as it is. The Error's message is a FailureReason.
Outcome<ModelFolders> bring_model_files(objects::Objects& objects, const ContainerSpec& container,
                                        const std::string& folder, const std::function<bool()>& cancelled);

}  // namespace clary::models
