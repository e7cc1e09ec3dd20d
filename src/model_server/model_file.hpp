// Which file of a model's folder is the model. Thread rule: pure. Invariant: hidden files are none of it.
#pragma once

#include <string>
#include <string_view>

#include "base/outcome.hpp"

namespace clary::model_server {

// The file of that name; else the only one with the ending. A validation error tells what the folder holds.
Outcome<std::string> model_file(const std::string& folder, std::string_view name, std::string_view ending = "");

}  // namespace clary::model_server
