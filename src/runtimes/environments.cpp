#include "runtimes/environments.hpp"

#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <sys/stat.h>
#include <thread>

#include "io/process.hpp"
#include "runtimes/environment_folder.hpp"
#include "runtimes/interpreters.hpp"
#include "runtimes/log.hpp"
#include "runtimes/making.hpp"

namespace clary::runtimes {
namespace {

namespace fs = std::filesystem;
constexpr const char* runtime_inside = "/opt/clary/runtime";
constexpr const char* old_packages = "/packages.old";  // what is being removed

std::string find_uv(const EnvironmentOptions& options) {
  if (auto path = io::find_program(options.uv)) return *path;
  const char* home = std::getenv("HOME");
  for (const std::string& folder :
       {io::program_folder(), options.tools, options.tools.empty() ? "" : options.tools + "/bin",
        home ? std::string(home) + "/.local/bin" : ""}) {
    if (folder.empty()) continue;
    if (auto path = io::find_program(folder + "/uv")) return *path;
  }
  return {};
}

Outcome<Interpreter> look_at_virtualenv(const std::string& path) {
  if (auto interpreter = interpreter_of(path + "/bin/python")) return *interpreter;
  return validation("there is no working Python in the virtual environment {}", path);
}

// What every process that we may look at has mounted.
std::string all_mounts() {
  std::string all;
  std::error_code code;
  for (fs::directory_iterator entry("/proc", code), end; !code && entry != end; entry.increment(code)) {
    if (auto mounts = io::read_file(entry->path() / "mountinfo")) all += *mounts;
  }
  return all;
}

// Bytes of the disk that nothing outside the folder names: environments share the files of their packages.
std::uint64_t only_there(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code code;
  for (fs::recursive_directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    struct stat found {};
    if (::lstat(entry->path().c_str(), &found) != 0 || (found.st_nlink > 1 && !S_ISDIR(found.st_mode))) continue;
    bytes += static_cast<std::uint64_t>(found.st_blocks) * 512;
  }
  return bytes;
}

class CachedEnvironments : public Environments {
 public:
  CachedEnvironments(const EnvironmentOptions& options, workers::Launcher& launcher)
      : options_(options), launcher_(launcher) {
    thread_ = std::thread([this] { run(); });
  }

  ~CachedEnvironments() override {
    {
      std::lock_guard lock(mutex_);
      ending_ = true;
      if (making_) making_->stop();
    }
    news_.notify_all();
    thread_.join();
  }

  void ensure(const Version& version, std::function<void(const std::string&)> progress,
              std::function<void(Outcome<Environment>)> done) override {
    if (!version.virtualenv.empty()) return done(of_virtualenv(version));
    auto hash = environment_hash(version.requirements, version.python, options_.sandbox);
    if (!hash) return done(std::move(hash).error());
    if (auto ready = find(version, *hash)) return done(*std::move(ready));
    std::string now;
    {
      std::lock_guard lock(mutex_);
      auto wanted = wanted_.find(*hash);
      if (wanted == wanted_.end()) {
        if (queue_.size() >= options_.most_waiting || ending_) {
          now = "too many environments are waiting to be made";
        } else {
          failures_.erase(*hash);
          wanted = wanted_.emplace(*hash, Wanted{version, {}, {}, {}, false}).first;
          queue_.push_back(*hash);
        }
      }
      if (now.empty()) {
        if (progress) wanted->second.progress.push_back(std::move(progress));
        wanted->second.done.push_back(std::move(done));
      }
    }
    if (!now.empty()) return done(make_error(ErrorKind::limit_exceeded, "{}", now));
    news_.notify_all();
  }

  Progress progress(const Version& version) const override {
    if (!version.virtualenv.empty()) {
      auto there = look_at_virtualenv(version.virtualenv);
      return there ? Progress{Progress::Stage::ready, {}} : Progress{Progress::Stage::failed, there.error().message};
    }
    if (version.requirements.empty()) return {};
    auto hash = environment_hash(version.requirements, version.python, options_.sandbox);
    if (!hash) return {Progress::Stage::failed, hash.error().message};
    {
      std::lock_guard lock(mutex_);
      if (auto wanted = wanted_.find(*hash); wanted != wanted_.end()) {
        return {wanted->second.making ? Progress::Stage::making : Progress::Stage::queued, wanted->second.latest};
      }
      if (auto failure = failures_.find(*hash); failure != failures_.end())
        return {Progress::Stage::failed, failure->second};
    }
    return {folder(*hash).complete() ? Progress::Stage::ready : Progress::Stage::absent, {}};
  }

  Outcome<Pruned> prune(const std::vector<Version>& known, bool all) override {
    std::map<std::string, std::string> ids;  // by hash
    for (const Version& version : known) {
      if (version.requirements.empty()) continue;
      if (auto hash = environment_hash(version.requirements, version.python, options_.sandbox))
        ids[*hash] = version.id();
    }
    Pruned pruned;
    const std::string mounted = all_mounts();
    std::error_code code;
    for (fs::directory_iterator entry(options_.cache + "/environments", code), end; !code && entry != end;
         entry.increment(code)) {
      const std::string hash = entry->path().filename();
      const auto id = ids.find(hash);
      // Workers of an earlier server hold no lease, but have it mounted.
      if ((id != ids.end() && !all) || mounted.find(hash) != std::string::npos || !withdraw(hash)) continue;
      const auto size = only_there(entry->path());
      CHECK_OK(folder(hash).remove());
      pruned.removed.push_back(id != ids.end() ? id->second : hash);
      pruned.bytes += size;
    }
    if (code) return io::system_error("readdir", options_.cache + "/environments", code.value());
    TRY(const bool withdrawn, withdraw_packages());
    if (!withdrawn) return pruned;
    const std::string packages = options_.cache + old_packages;
    pruned.bytes += only_there(packages);
    CHECK_OK(io::remove_tree(packages));
    return pruned;
  }

 private:
  struct Wanted {
    Version version;
    std::vector<std::function<void(const std::string&)>> progress;
    std::vector<std::function<void(Outcome<Environment>)>> done;
    std::string latest;
    bool making = false;
  };

  EnvironmentFolder folder(const std::string& hash) const {
    return EnvironmentFolder(options_.cache + "/environments/" + hash);
  }

  std::optional<Environment> find(const Version& version, const std::string& hash) const {
    const auto made = folder(hash);
    std::lock_guard lock(leases_mutex_);
    const auto interpreter = made.complete();
    if (!interpreter) return std::nullopt;
    Environment environment{version, folder_inside(hash), folder_inside(hash) + "/bin/python",
                            mounts_of(made, hash, *interpreter)};
    environment.lease = leases_[hash].lock();
    if (!environment.lease) leases_[hash] = environment.lease = std::make_shared<const int>();
    bind_runtime(environment);
    return environment;
  }

  Outcome<Environment> of_virtualenv(const Version& version) const {
    TRY(const Interpreter interpreter, look_at_virtualenv(version.virtualenv));
    Environment environment{version, version.virtualenv, version.virtualenv + "/bin/python", {}};
    // At their own paths, which its scripts name; what stands below /usr is there already.
    for (const auto& path : {version.virtualenv, interpreter.home}) {
      if (!path.empty() && !path.starts_with("/usr/")) environment.mounts.push_back({path, path, false});
    }
    bind_runtime(environment);
    return environment;
  }

  void bind_runtime(Environment& environment) const {
    if (!options_.runtime_folder.empty())
      environment.mounts.push_back({options_.runtime_folder, runtime_inside, false});
  }

  // Takes its completeness from an environment that nobody has, so that nobody gets it any more.
  bool withdraw(const std::string& hash) {
    std::lock_guard lock(mutex_);
    std::lock_guard leases(leases_mutex_);
    if (wanted_.contains(hash) || !leases_[hash].expired()) return false;
    leases_.erase(hash);
    return folder(hash).withdraw();
  }

  // Puts the package cache aside, unless an environment is being made from it, by us or by another server that shares the
  // cache: the locks tell.
  Outcome<bool> withdraw_packages() {
    std::lock_guard lock(mutex_);
    std::vector<io::File> locks;
    std::error_code code;
    for (fs::directory_iterator entry(options_.cache + "/locks", code), end; !code && entry != end;
         entry.increment(code)) {
      auto free = folder(entry->path().filename()).try_lock();
      if (!free) return false;
      locks.push_back(*std::move(free));
    }
    const std::string packages = packages_folder(options_), old = options_.cache + old_packages;
    if (making_ || io::exists(old)) return false;
    if (::rename(packages.c_str(), old.c_str()) == 0) return true;
    if (errno == ENOENT) return false;
    return io::system_error("rename", packages, errno);
  }

  void tell(const std::string& hash, const std::string& line) {
    std::vector<std::function<void(const std::string&)>> listeners;
    {
      std::lock_guard lock(mutex_);
      Wanted& wanted = wanted_.at(hash);
      wanted.latest = line;
      listeners = wanted.progress;
    }
    for (const auto& listener : listeners) listener(line);
  }

  // Waits while another server that shares the cache makes the same.
  Outcome<io::File> lock_to_make(const std::string& hash) {
    const auto deadline = std::chrono::steady_clock::now() + options_.deadline;
    for (bool told = false;; told = true) {
      if (auto lock = folder(hash).try_lock()) return *std::move(lock);
      if (!told) tell(hash, "another server is making it");
      std::unique_lock waiting(mutex_);
      if (news_.wait_for(waiting, std::chrono::milliseconds(200), [this] { return ending_; }))
        return make_error(ErrorKind::unavailable, "the server is stopping");
      if (std::chrono::steady_clock::now() > deadline)
        return make_error(ErrorKind::timed_out, "another server has been making it for {} minutes",
                          options_.deadline.count());
    }
  }

  Outcome<Environment> make(const std::string& hash, const Version& version) {
    const auto stopping = [this] {
      std::lock_guard lock(mutex_);
      return ending_;
    };
    if (stopping()) return make_error(ErrorKind::unavailable, "the server is stopping");
    TRY(const auto lock, lock_to_make(hash));
    // Another server with the same cache may have been quicker.
    if (auto ready = find(version, hash)) return *std::move(ready);
    const std::string uv = find_uv(options_);
    if (uv.empty())
      return make_error(ErrorKind::unavailable, "uv, which makes environments, is not installed (pip install uv)");
    Interpreters interpreters({options_.cache + "/interpreters", uv, "mvn", options_.missing_modules, stopping});
    TRY(const Interpreter interpreter, interpreters.find(version.python));
    auto making = std::make_shared<Making>(options_, uv, launcher_);
    {
      std::lock_guard lock(mutex_);
      if (ending_) return make_error(ErrorKind::unavailable, "the server is stopping");
      making_ = making;
    }
    auto made =
        making->make(version, hash, folder(hash), interpreter, [&](const std::string& line) { tell(hash, line); });
    {
      std::lock_guard lock(mutex_);
      making_.reset();
    }
    if (!made) {
      (void)folder(hash).remove();
      return std::move(made).error();
    }
    auto ready = find(version, hash);
    if (!ready) return internal("the environment of {} vanished", version.id());
    return *std::move(ready);
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      news_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const std::string hash = queue_.front();
      queue_.pop_front();
      const Version version = wanted_.at(hash).version;
      wanted_.at(hash).making = true;
      lock.unlock();
      const auto before = std::chrono::steady_clock::now();
      Outcome<Environment> outcome = make(hash, version);
      if (!outcome) {
        outcome.error().message =
            fmt::format("The environment of {} could not be made: {}", version.id(), outcome.error().message);
        log_.warn("{} {}", outcome.error().message, outcome.error().detail);
      } else {
        log_.info("{} made in {:.1f} s", version.id(),
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count());
      }
      lock.lock();
      auto done = std::move(wanted_.at(hash).done);
      wanted_.erase(hash);
      if (!outcome) failures_[hash] = outcome.error().message;
      lock.unlock();
      for (const auto& callback : done) callback(outcome);
      lock.lock();
    }
  }

  const EnvironmentOptions options_;
  workers::Launcher& launcher_;
  mutable std::mutex leases_mutex_;
  mutable std::map<std::string, std::weak_ptr<const void>> leases_;  // by hash
  mutable std::mutex mutex_;
  std::condition_variable news_;
  bool ending_ = false;
  std::shared_ptr<Making> making_;
  std::map<std::string, Wanted> wanted_;         // queued or being made, by hash
  std::map<std::string, std::string> failures_;  // why the last attempt failed
  std::deque<std::string> queue_;
  std::thread thread_;
};

}  // namespace

Outcome<std::unique_ptr<Environments>> open_environments(const EnvironmentOptions& options,
                                                         workers::Launcher& launcher) {
  CHECK_OK(io::make_folders(options.cache + "/environments", 0755));
  for (const auto& id : launcher.ids()) {
    if (id.starts_with("environment-")) launcher.remove(id);
  }
  if (auto removed = io::remove_tree(options.cache + old_packages); !removed)
    log_.warn("{}{} could not be removed: {}", options.cache, old_packages, removed.error().detail);
  CHECK_OK(io::make_folders(making_folder(options), 0700));
  // Where servers of before kept it.
  std::error_code code;
  fs::rename(options.cache + "/packages", packages_folder(options), code);
  for (fs::directory_iterator entry(options.cache + "/environments", code), end; !code && entry != end;
       entry.increment(code)) {
    const EnvironmentFolder folder(entry->path());
    if (folder.complete()) continue;
    const auto lock = folder.try_lock();
    if (!lock) continue;  // another server makes it
    if (auto removed = folder.remove(); !removed)
      log_.warn("{} could not be removed: {}", folder.path(), removed.error().detail);
  }
  return std::unique_ptr<Environments>(std::make_unique<CachedEnvironments>(options, launcher));
}

}  // namespace clary::runtimes
