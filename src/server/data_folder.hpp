// The data folder: where everything of an installation lies, and the lock that keeps a second server out.
//
//   keys/           the installation's keys and account (0600)     tls/     the CA and the bundles that clients trust
//   meta.db         metadata                                      objects/ blobs
//   workers/        one folder a worker                           cache/   runtime environments, unless cache-dir is given
//   endpoints/      models of endpoints, unpacked                 networks/ one folder a network of a job's hosts
//   run/            server.json of the running server, the lock   socket/  the Unix socket that forwarders use
//
// Thread rule: used at start, and by the command line. Invariant: the folder is 0711 and all but socket/ and cache/ closed to others.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "io/file.hpp"

namespace clary::server {

struct DataFolder {
  std::string path;
  std::string keys() const { return path + "/keys"; }
  std::string tls() const { return path + "/tls"; }
  std::string database() const { return path + "/meta.db"; }
  std::string objects() const { return path + "/objects"; }
  std::string workers() const { return path + "/workers"; }
  std::string run() const { return path + "/run"; }
  std::string socket() const { return path + "/socket/clary.sock"; }
};

Outcome<DataFolder> open_data_folder(const std::string& path);

// Held while the server lives; a second server on the same folder gets an Error that names the first.
Outcome<io::File> lock_data_folder(const DataFolder& folder);

// What a running server writes of itself, so that the command line finds it by --data-dir alone.
struct RunningServer {
  std::int64_t pid = 0;
  std::uint64_t process_start = 0;  // of /proc/<pid>/stat, so that a pid that was used again is not taken for it
  std::vector<std::string> addresses;
  std::string region;
  std::string version;
  bool connect = true;  // CONNECT is answered
};
Outcome<void> write_running_server(const DataFolder& folder, const RunningServer& server);
// Nothing when none runs (a file of a dead server counts as none).
std::optional<RunningServer> find_running_server(const DataFolder& folder);
void forget_running_server(const DataFolder& folder);

// When the process started, in clock ticks after boot; nothing when there is no such process.
std::optional<std::uint64_t> process_start(std::int64_t pid);

}  // namespace clary::server
