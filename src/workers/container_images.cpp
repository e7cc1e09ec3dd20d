#include "workers/container_images.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "workers/log.hpp"


namespace clary::workers {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
// A reference as registries write it: never an option of podman's, nor one of its transports ("dir:/etc"), which read
// the host's files.
bool is_reference(const std::string& name) {
  for (const char* transport : {"containers-storage", "dir", "docker", "docker-archive", "docker-daemon", "oci",
                                "oci-archive", "ostree", "sif", "tarball"}) {
    if (name.starts_with(std::string(transport) + ":")) return false;
  }
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || c == '_' || c == '/' || c == ':' || c == '@';
  };
  return !name.empty() && name.size() <= 255 && std::isalnum(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), allowed) && name.find("//") == std::string::npos;
}

std::vector<std::string> texts(const json::object& config, const char* key) {
  std::vector<std::string> list;
  const json::value* value = config.if_contains(key);
  if (value == nullptr || !value->is_array()) return list;
  for (const auto& element : value->get_array()) {
    if (element.is_string()) list.emplace_back(element.get_string());
  }
  return list;
}

// What inspect was asked for, "<id> {<configuration>}": podman's warnings may stand around it. Empty: it is not there.
std::string_view inspected(std::string_view output) {
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    if (!line.starts_with("time=") && line.find(" {") != std::string_view::npos && line.find(" {") == line.find(' '))
      return line;
  }
  return {};
}

}  // namespace

std::vector<std::string> container_command(const ContainerImage& image, const std::vector<std::string>& entrypoint,
                                           const std::vector<std::string>& arguments, const std::string& verb) {
  std::vector<std::string> command = entrypoint.empty() ? image.entrypoint : entrypoint;
  const auto append = [&](const std::vector<std::string>& more) {
    command.insert(command.end(), more.begin(), more.end());
  };
  if (!arguments.empty()) {
    append(arguments);
  } else if (entrypoint.empty()) {
    append(verb.empty() ? image.arguments : std::vector<std::string>{verb});
  }
  return command;
}

Images::Images(Podman& podman, bool pull, std::chrono::minutes deadline)
    : podman_(podman), pull_(pull), deadline_(deadline) {}

Images::~Images() {
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();
}

void Images::ensure(const std::string& name, bool here_only, News news, Done done) {
  if (!is_reference(name)) return done(validation("'{}' is no name of a container image.", name.substr(0, 255)));
  {
    std::lock_guard lock(mutex_);
    auto wanted = wanted_.find(name);
    if (wanted != wanted_.end() || wanted_.size() < most_waiting) {
      if (wanted == wanted_.end()) {
        wanted = wanted_.emplace(name, Wanted{}).first;
        queue_.push_back(name);
        if (idle_ < queue_.size() && threads_.size() < most_threads)
          threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
      }
      wanted->second.here_only = wanted->second.here_only && here_only;
      if (news) wanted->second.news.push_back(std::move(news));
      wanted->second.done.push_back(std::move(done));
      change_.notify_one();
      return;
    }
  }
  done(make_error(ErrorKind::limit_exceeded, "{} images are being looked for already.", most_waiting));
}

void Images::tell(const std::string& name, const std::string& line) {
  std::vector<News> listeners;
  {
    std::lock_guard lock(mutex_);
    listeners = wanted_.at(name).news;
  }
  for (const auto& listener : listeners) listener(line);
}

void Images::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    const bool more = change_.wait(lock, stop, [this] { return !queue_.empty(); });
    --idle_;
    if (!more || stop.stop_requested()) return;
    const std::string name = queue_.front();
    queue_.pop_front();
    const bool here_only = wanted_.at(name).here_only;
    lock.unlock();
    const auto found = find(name, here_only, stop);
    if (!found) log_.info("the image {} is not there: {}", name, found.error().message);
    lock.lock();
    // Nobody is told anything by a server that stops: the next one looks again.
    if (stop.stop_requested()) return;
    const auto done = std::move(wanted_.at(name).done);
    wanted_.erase(name);
    lock.unlock();
    for (const auto& callback : done) callback(found);
    lock.lock();
  }
}

Outcome<ContainerImage> Images::find(const std::string& name, bool here_only, const std::stop_token& stop) {
  TRY(const StartWay way, podman_.start_way());
  (void)way;
  bool absent = false;
  auto found = inspect(name, absent, stop);
  if (found || !absent) return found;
  if (here_only || name.starts_with("localhost/")) return validation("podman does not have the image '{}'.", name);
  if (!pull_) {
    return validation("podman does not have the image '{}', and the setting pull-images is off: podman pull {}", name,
                      name);
  }
  tell(name, "podman pulls the image");
  CHECK_OK(pull(name, stop));
  return inspect(name, absent, stop);
}

Outcome<ContainerImage> Images::inspect(const std::string& name, bool& absent, const std::stop_token& stop) {
  TRY(const io::Finished told,
      podman_.run({"image", "inspect", "--format", "{{.Id}} {{json .Config}}", name}, 60s, stop, {}));
  absent = told.code != 0 && (told.output.find("image not known") != std::string::npos ||
                              told.output.find("no such image") != std::string::npos);
  if (told.code != 0) return validation("podman cannot use the image '{}': {}", name, podman_error(told.output));
  const std::string_view line = inspected(told.output);
  if (line.empty()) return internal("podman image inspect {} told nothing: {}", name, told.output.substr(0, 300));
  try {
    const std::size_t space = line.find(' ');
    ContainerImage image;
    image.name = name;
    image.id = line.substr(0, space);
    const json::value config = json::parse(line.substr(space + 1));
    if (const json::object* object = config.if_object()) {
      image.entrypoint = texts(*object, "Entrypoint");
      image.arguments = texts(*object, "Cmd");
      if (const json::value* user = object->if_contains("User"); user != nullptr && user->is_string())
        image.user = std::string(user->get_string());
    }
    return image;
  } catch (const std::exception& broken) {
    return internal("podman image inspect {}: {} in: {}", name, broken.what(), told.output.substr(0, 300));
  }
}

Outcome<void> Images::pull(const std::string& name, const std::stop_token& stop) {
  const auto news = [&](std::string_view line) {
    // podman's own log lines are for administrators; its last word is told when it fails.
    if (!line.starts_with("time=") && !line.starts_with("Error")) tell(name, std::string(line.substr(0, 300)));
  };
  auto told = podman_.run({"pull", "--", name}, deadline_, stop, news);
  if (!told) {
    return validation("The image '{}' could not be pulled: {}.", name, told.error().message);
  }
  if (told->code == 0) return {};
  return validation("podman cannot pull the image '{}': {}", name, podman_error(told->output));
}

}  // namespace clary::workers
