#include "server/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <chrono>
#include <sstream>
#include <thread>

namespace clary::server {

namespace json = boost::json;

Outcome<DataFolder> open_data_folder(const std::string& path) {
  DataFolder folder{path};
  // Others may pass through (a worker's uid reaches its own folder), not look.
  CHECK_OK(io::make_folders(path, 0711));
  for (const auto& [name, mode] : {std::pair{folder.keys(), 0700}, {folder.tls(), 0700}, {folder.objects(), 0700}, {folder.run(), 0700}, {path + "/socket", 0755}})
    CHECK_OK(io::make_folders(name, static_cast<mode_t>(mode)));
  return folder;
}

Outcome<io::File> lock_data_folder(const DataFolder& folder) {
  TRY(io::File file, io::File::open(folder.run() + "/lock", O_RDWR | O_CREAT, 0600));
  std::optional<RunningServer> other;
  // A child of a server that was killed holds its lock until it has become another program; on a busy machine that takes a moment.
  for (int tries = 0; tries < 200 && !other; ++tries) {
    if (::flock(file.fd(), LOCK_EX | LOCK_NB) == 0) return file;
    if (errno != EWOULDBLOCK) return io::system_error("flock", folder.run(), errno);
    other = find_running_server(folder);
    if (!other) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return make_error(ErrorKind::in_use, "another clary{} uses the data folder {}", other ? fmt::format(" (pid {})", other->pid) : "", folder.path);
}

Outcome<void> write_running_server(const DataFolder& folder, const RunningServer& server) {
  json::object object{{"pid", server.pid},
                      {"process_start", server.process_start},
                      {"addresses", json::value_from(server.addresses)},
                      {"region", server.region},
                      {"version", server.version},
                      {"connect", server.connect}};
  const std::string path = folder.run() + "/server.json", text = json::serialize(object) + "\n";
  auto written = io::write_durably(path, text, 0600);
  if (written || written.error().kind != ErrorKind::unavailable) return written;
  // The disk is full: the file that an earlier server left has its block, and a server that is up is what lets it be cleared.
  TRY(io::File file, io::File::open(path, O_WRONLY, 0600));
  CHECK_OK(file.write_all(text));
  if (::ftruncate(file.fd(), static_cast<off_t>(text.size())) != 0) return io::system_error("ftruncate", path, errno);
  return {};
}

std::optional<RunningServer> find_running_server(const DataFolder& folder) {
  auto text = io::read_file(folder.run() + "/server.json");
  if (!text) return std::nullopt;
  json::error_code code;
  json::value value = json::parse(*text, code);
  if (code || !value.is_object()) return std::nullopt;
  RunningServer server;
  try {
    server.pid = value.at("pid").to_number<std::int64_t>();
    server.process_start = value.at("process_start").to_number<std::uint64_t>();
    server.addresses = json::value_to<std::vector<std::string>>(value.at("addresses"));
    server.region = json::value_to<std::string>(value.at("region"));
    server.version = json::value_to<std::string>(value.at("version"));
    server.connect = value.at("connect").as_bool();
  } catch (const std::exception&) {
    return std::nullopt;  // written by a version that knew other members
  }
  return process_start(server.pid) == server.process_start ? std::optional(server) : std::nullopt;
}

void forget_running_server(const DataFolder& folder) { ::unlink((folder.run() + "/server.json").c_str()); }

std::optional<std::uint64_t> process_start(std::int64_t pid) {
  auto text = io::read_file(fmt::format("/proc/{}/stat", pid));
  if (!text) return std::nullopt;
  auto after_name = text->rfind(')');  // the name may hold blanks and parentheses
  if (after_name == std::string::npos) return std::nullopt;
  std::istringstream fields(text->substr(after_name + 2));
  std::string field;
  for (int i = 0; i < 19; ++i) fields >> field;  // fields 3 to 21
  std::uint64_t start = 0;
  fields >> start;
  return start;
}

}  // namespace clary::server
