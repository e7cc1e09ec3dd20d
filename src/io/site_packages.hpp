// Where a Python environment keeps its packages. Thread rule: pure. Invariant: the folder exists.
#pragma once

#include <string>

#include "base/outcome.hpp"

namespace clary::io {

// <environment>/lib/python3.x/site-packages; not_found where there is none.
Outcome<std::string> site_packages(const std::string& environment_folder);

}  // namespace clary::io
