// The configuration files of the SageMaker container contract, below /opt/ml/input/config. Pure functions: the JSON
// texts.
#pragma once

#include <string>

#include "jobs/training_job.hpp"

namespace clary::jobs {

std::string hyperparameters_json(const TrainingSpec& spec);  // values as they were sent: strings
std::string input_data_config_json(const TrainingSpec& spec);
std::string checkpoint_config_json(const TrainingSpec& spec);
std::string resource_config_json(const TrainingSpec& spec, const std::string& current_host,
                                 const std::vector<std::string>& hosts);

}  // namespace clary::jobs
