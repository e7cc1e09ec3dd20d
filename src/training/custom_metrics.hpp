// The metrics that XGBoost's containers compute themselves, beside the library's own: accuracy, f1, r2, ... as scikit-learn
// defines them. Thread rule: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/outcome.hpp"

namespace clary::training {

bool is_custom_metric(std::string_view name);

// `margins`: what the model says of each record before its objective's transformation, `width` numbers a record.
Outcome<double> custom_metric(std::string_view name, std::span<const float> margins, std::size_t width,
                              std::span<const float> labels);

}  // namespace clary::training
