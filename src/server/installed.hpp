// Where the files that come with the program lie: beside it in a build folder (build/clary, python/, runtimes/), or in ../share/clary of an
// installed one. Thread rule: pure look-ups.
#pragma once

#include <string>

namespace clary::server {

std::string installed_folder(const std::string& name);  // "python", "runtimes", "console"
std::string installed_file(const std::string& name);    // a program beside this one: "clary-init"

}  // namespace clary::server
