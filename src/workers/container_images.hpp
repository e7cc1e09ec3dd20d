// The container images of the host's podman: looked up, and pulled where it lacks them, in the background. Owned by the
// composition root. Thread rule: any thread; callbacks run on a thread of ours. Invariant: an image that is told as
// ready is in podman's store under its id; one image is looked for by one thread at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/outcome.hpp"
#include "workers/container_podman.hpp"

namespace clary::workers {

struct ContainerImage {
  std::string name, id;
  std::vector<std::string> entrypoint, arguments;  // ENTRYPOINT and CMD
  std::string user;                                // USER; empty: root
};

// What runs in the image: `entrypoint` where one is given, else the image's own; then `arguments`, or where none are
// given the `verb` ("train", "serve") or, with an empty verb, what the image gives its own entry point. Empty: there is
// nothing to run, which the launcher refuses.
std::vector<std::string> container_command(const ContainerImage& image, const std::vector<std::string>& entrypoint,
                                           const std::vector<std::string>& arguments, const std::string& verb);

class Images {
 public:
  using News = std::function<void(const std::string& line)>;
  using Done = std::function<void(Outcome<ContainerImage>)>;

  // `pull`: images that are not there may be fetched from their registries.
  Images(Podman& podman, bool pull, std::chrono::minutes deadline = std::chrono::minutes(60));
  ~Images();  // gives up what is under way
  Images(const Images&) = delete;
  Images& operator=(const Images&) = delete;

  // Calls `done` once the image is there, or with an error that says, in podman's words, why it cannot be. `news`
  // meanwhile. `here_only`: it is not worth asking a registry.
  void ensure(const std::string& name, bool here_only, News news, Done done);

 private:
  struct Wanted {
    bool here_only = true;
    std::vector<News> news;
    std::vector<Done> done;
  };
  void run(const std::stop_token& stop);
  Outcome<ContainerImage> find(const std::string& name, bool here_only, const std::stop_token& stop);
  Outcome<ContainerImage> inspect(const std::string& name, bool& absent, const std::stop_token& stop);
  Outcome<void> pull(const std::string& name, const std::stop_token& stop);
  void tell(const std::string& name, const std::string& line);

  static constexpr std::size_t most_threads = 4, most_waiting = 64;
  Podman& podman_;
  const bool pull_;
  const std::chrono::minutes deadline_;
  std::mutex mutex_;
  std::condition_variable_any change_;
  std::map<std::string, Wanted> wanted_;  // waiting or looked for
  std::deque<std::string> queue_;
  std::size_t idle_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace clary::workers
