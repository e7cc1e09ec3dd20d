#include "runtimes/making.hpp"

#include <condition_variable>
#include <cstdio>
#include <sys/stat.h>

#include "base/rng.hpp"
#include "io/file.hpp"
#include "runtimes/log.hpp"
#include "runtimes/registries.hpp"
#include "workers/output.hpp"

namespace clary::runtimes {
namespace {

const char* const uv_inside = "/opt/clary/tools/uv";
const char* const lock_inside = "/opt/clary/lock.txt";
const char* const packages_inside = "/opt/clary/packages";
const char* const environments_inside = "/opt/clary/env";
// No job runs the packages' own tests, and in some environments every third file is one.
const char* const compile =
    "import compileall, re, sys; "
    "compileall.compile_dir(sys.argv[1], maxlevels=100, quiet=2, workers=0, rx=re.compile('/tests/'))";
constexpr std::size_t tail_kept = 16 * 1024;

bool starts(const std::string& text, const char* with) {
  return text.compare(0, std::char_traits<char>::length(with), with) == 0;
}

// Waits for a worker's end, at most until the deadline.
std::optional<workers::Exit> wait_for(workers::Worker& worker, std::chrono::minutes deadline) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable news;
    std::optional<workers::Exit> exit;
  };
  auto shared = std::make_shared<Shared>();
  worker.on_exit([shared](workers::Exit exit) {
    std::lock_guard lock(shared->mutex);
    shared->exit = exit;
    shared->news.notify_all();
  });
  std::unique_lock lock(shared->mutex);
  shared->news.wait_for(lock, deadline, [&] { return shared->exit.has_value(); });
  return shared->exit;
}

}  // namespace

std::string UvProgress::news(const std::string& line) {
  const std::size_t from = line.find_first_not_of(' ');
  if (from == std::string::npos) return {};
  const std::string text = line.substr(from);
  int count = 0;
  if (std::sscanf(text.c_str(), "Resolved %d package", &count) == 1) {
    packages_ = count;
    return fmt::format("{} packages to get", count);
  }
  if (starts(text, "Downloading ")) return "downloading " + text.substr(12);
  if (starts(text, "Downloaded "))
    return fmt::format("downloaded {} ({} of {} packages)", text.substr(11), ++loaded_, packages_);
  if (starts(text, "Building ")) return "building " + text.substr(9);
  if (starts(text, "Built ")) return fmt::format("built {} ({} of {} packages)", text.substr(6), ++loaded_, packages_);
  if (std::sscanf(text.c_str(), "Prepared %d package", &count) == 1) return "installing";
  if (std::sscanf(text.c_str(), "Installed %d package", &count) == 1)
    return fmt::format("installed {} packages, compiling them", count);
  return {};
}

std::string making_folder(const EnvironmentOptions& options) {
  return options.cache + "/making";
}

std::string packages_folder(const EnvironmentOptions& options) {
  return making_folder(options) + "/packages";
}

std::string folder_inside(const std::string& hash) {
  return std::string(environments_inside) + "/" + hash;
}

std::vector<workers::Mount> mounts_of(const EnvironmentFolder& folder, const std::string& hash,
                                      const Interpreter& interpreter) {
  std::vector<workers::Mount> mounts{{folder.tree(), folder_inside(hash), false}};
  // At its own path: an interpreter built with a shared library finds that by its absolute path.
  if (!interpreter.home.empty()) mounts.push_back({interpreter.home, interpreter.home, false});
  return mounts;
}

void Making::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  if (worker_) worker_->kill();
}

workers::WorkerSpec Making::spec_for(const std::string& hash, const EnvironmentFolder& folder,
                                     const Interpreter& interpreter, const std::string& lock, Way way) const {
  workers::WorkerSpec spec;
  spec.host_network = true;
  spec.forwarder = false;
  spec.uid = options_.maker_uid;
  spec.mounts = mounts_of(folder, hash, interpreter);
  spec.mounts[0].writable = true;
  if (way == Way::linked_in_a_sandbox) {
    spec.mounts[0].source = making_folder(options_);
    spec.mounts[0].target = environments_inside;
    spec.environment["UV_CACHE_DIR"] = std::string(environments_inside) + "/packages";
  } else if (way == Way::linked) {
    spec.mounts.push_back({packages_folder(options_), packages_inside, true});
    spec.environment["UV_CACHE_DIR"] = packages_inside;
  } else {
    spec.environment["UV_NO_CACHE"] = "1";
  }
  spec.mounts.push_back({uv_, uv_inside, false});
  spec.mounts.push_back({lock, lock_inside, false});
  const RegistrySettings registries = registry_settings();
  spec.mounts.insert(spec.mounts.end(), registries.mounts.begin(), registries.mounts.end());
  for (const auto& setting : registries.environment) {
    const std::size_t equals = setting.find('=');
    spec.environment[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  spec.environment["UV_PYTHON_DOWNLOADS"] = "never";
  spec.environment["UV_NO_PROGRESS"] = "1";
  return spec;
}

Outcome<void> Making::run(workers::WorkerSpec spec, std::vector<std::string> arguments,
                          const std::function<void(const std::string&)>& progress) {
  spec.id = "environment-" + random_alphanumeric(16);
  spec.command = std::move(arguments);
  std::string tail;
  UvProgress uv;
  auto started = launcher_.start(spec);
  if (!started) {
    launcher_.remove(spec.id);
    return std::move(started).error();
  }
  auto worker = *std::move(started);
  {
    std::lock_guard lock(mutex_);
    worker_ = worker;
    if (stopped_) worker->kill();
  }
  auto follower =
      workers::OutputFollower::start(worker->output_path(), 0, [&](std::vector<workers::Line> lines, std::uint64_t) {
        for (const auto& line : lines) {
          tail += line.text + "\n";
          if (std::string news = uv.news(line.text); !news.empty()) progress(news);
        }
        if (tail.size() > tail_kept) tail.erase(0, tail.size() - tail_kept);
        return true;
      });
  const auto exit = wait_for(*worker, options_.deadline);
  follower->finish();
  follower.reset();
  {
    std::lock_guard lock(mutex_);
    worker_.reset();
  }
  launcher_.remove(spec.id);
  if (exit && exit->success()) return {};
  if (!exit) return make_error(ErrorKind::timed_out, "it took longer than {} minutes", options_.deadline.count());
  Error error = make_error(is_unreachable(tail) ? ErrorKind::unavailable : ErrorKind::internal, "{}", reason_in(tail));
  error.detail = tail;
  return error;
}

Outcome<void> Making::make(const Version& version, const std::string& hash, const EnvironmentFolder& folder,
                           const Interpreter& interpreter, const std::function<void(const std::string&)>& progress) {
  CHECK_OK(folder.begin());
  // A copy that the maker's user can read, whatever the modes of where the lock stands.
  const std::string lock = folder.path() + "/lock.txt";
  TRY(const std::string locked, io::read_file(version.requirements));
  CHECK_OK(io::write_durably(lock, locked, 0644));
  ::chmod(lock.c_str(), 0644);
  const std::string inside = folder_inside(hash);
  // A user's plain requirements are resolved when they are installed.
  const bool hashed = locked.find("--hash=") != std::string::npos;
  const Way way = !hashed || !version.from_source.empty() ? Way::copied
                  : options_.sandbox                      ? Way::linked_in_a_sandbox
                                                          : Way::linked;
  if (way == Way::linked) CHECK_OK(io::make_folders(packages_folder(options_), 0700));
  const workers::WorkerSpec spec = spec_for(hash, folder, interpreter, lock, way);
  progress(fmt::format("making the environment of {} with Python {}", version.library, interpreter.version));
  CHECK_OK(run(spec, {uv_inside, "venv", "--allow-existing", "--python", interpreter.executable, inside}, progress));
  const std::string python = inside + "/bin/python";
  std::vector<std::string> install{uv_inside, "pip", "install", "--python", python, "--link-mode"};
  install.push_back(way == Way::copied ? "copy" : "hardlink");
  if (hashed) install.insert(install.end(), {"--require-hashes", "--no-deps", "--only-binary", ":all:"});
  for (const auto& package : version.from_source) {
    install.push_back("--no-binary");
    install.push_back(package);
  }
  install.insert(install.end(), {"-r", lock_inside});
  CHECK_OK(run(spec, std::move(install), progress));
  // Without site: a package's .pth files may hold code.
  CHECK_OK(run(spec, {python, "-I", "-S", "-c", compile, inside + "/lib"}, progress));
  if (way == Way::linked_in_a_sandbox) CHECK_OK(folder.take_in());
  return folder.finish(interpreter, version.id(), options_.sandbox);
}

}  // namespace clary::runtimes
