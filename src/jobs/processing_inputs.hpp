// What a processing job works on: its ProcessingInputs, brought below the folder that will be the host's /opt/ml.
// Functions that block; the machine calls them on its transfer threads. Thread rule: one call a folder. Invariant:
// nothing is written outside that folder, and nobody but us writes there yet.
#pragma once

#include <string>

#include "base/outcome.hpp"
#include "jobs/processing_job.hpp"
#include "jobs/training_inputs.hpp"

namespace clary::jobs {

// The folders of all inputs and outputs, which exist before the entry point is called, and of the rest of the contract.
Outcome<void> make_processing_folders(const ProcessingSpec& spec, const std::string& ml, std::optional<unsigned> owner);

// Fills the inputs' folders. Inputs that the application manages are left to it.
Outcome<void> fetch_processing_inputs(Intake& intake, const ProcessingSpec& spec, const std::string& ml);

// Whether every output's bucket can be written; asked before the work rather than after it.
Outcome<void> check_processing_outputs(objects::Objects& objects, const Scope& scope, const ProcessingSpec& spec);

}  // namespace clary::jobs
