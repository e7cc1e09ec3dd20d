#include <fmt/core.h>
#include <sys/statvfs.h>

#include "cli/commands.hpp"
#include "io/file.hpp"
#include "server/installed.hpp"
#include "workers/container_podman.hpp"
#include "workers/process_launcher.hpp"

namespace clary::cli {

int doctor(const std::string& data_dir) {
  int lacks = 0;
  auto lack = [&](const std::string& what, const std::string& mend) {
    ++lacks;
    fmt::print("lacks   {}\n        mend it with: {}\n", what, mend);
  };
  workers::LauncherOptions options;
  options.folder = data_dir + "/workers";
  options.init = server::installed_file("clary-init");
  for (const workers::Lack& found : workers::sandbox_check(options)) lack(found.what, found.mend);
  if (lacks == 0) {
    for (const workers::Lack& found : workers::network_check(options)) lack(found.what, found.mend);
  }
  for (const char* folder : {"runtimes", "python"}) {
    if (!io::exists(server::installed_folder(folder))) lack(fmt::format("the folder {} beside the program", folder), "install clary again");
  }
  if (!io::exists(server::installed_file("clary-model-server"))) lack("the program clary-model-server beside this one", "install clary again");
  struct statvfs disk {};
  constexpr std::uint64_t little = 5ULL << 30;
  if (io::exists(data_dir) && statvfs(data_dir.c_str(), &disk) == 0 && disk.f_bavail * disk.f_frsize < little)
    lack(fmt::format("disk: less than 5 GiB are free in {}", data_dir), "clear it, or choose another place with --data-dir");
  // Optional: without it only images that a runtime matches run.
  for (const workers::Lack& found : workers::container_check({.init = options.init}))
    fmt::print("option  other container images cannot run: {}\n        mend it with: {}\n", found.what, found.mend);
  for (const workers::Lack& found : workers::container_gpu_check()) fmt::print("option  {}\n        mend it with: {}\n", found.what, found.mend);
  if (lacks == 0) fmt::print("nothing is lacking: the sandbox works, the runtimes are there\n");
  return lacks == 0 ? 0 : 1;
}

}  // namespace clary::cli
