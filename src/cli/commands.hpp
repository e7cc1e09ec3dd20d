// The commands of `clary`, one file each. Each returns the process's exit code and writes to standard output; problems go to standard
// error in one sentence. Thread rule: one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace clary::cli {

int serve(const std::string& config_file, const std::map<std::string, std::string>& flags);
// `form`: bash, fish, powershell, json or ipython.
int env(const std::string& data_dir, const std::string& form);
int stop(const std::string& data_dir);
int status(const std::string& data_dir, bool as_json);
int list_runtimes(const std::string& data_dir, bool as_json);
int add_runtime(const std::string& data_dir, const std::string& id);
// `all`: also the environments of versions that are known and not in use.
int prune_runtimes(const std::string& data_dir, bool all);
// Prints the one-time link that signs a browser in to the console.
int console(const std::string& data_dir);
int doctor(const std::string& data_dir);
// Becomes clary-model-server, which knows the arguments.
int model_server(std::vector<std::string> arguments);

}  // namespace clary::cli
