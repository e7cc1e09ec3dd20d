#include "runtimes/container_environments.hpp"

namespace clary::runtimes {
namespace {

class WithContainers : public Environments {
 public:
  WithContainers(std::unique_ptr<Environments> inner, workers::Images& images)
      : inner_(std::move(inner)), images_(images) {}

  void ensure(const Version& version, std::function<void(const std::string&)> progress,
              std::function<void(Outcome<Environment>)> done) override {
    if (version.image.empty()) return inner_->ensure(version, std::move(progress), std::move(done));
    images_.ensure(version.image, version.image_here_only, std::move(progress),
                   [version, done = std::move(done)](Outcome<workers::ContainerImage> image) {
                     if (!image) return done(failure(version, image.error()));
                     Environment environment;
                     environment.version = version;
                     environment.container = *std::move(image);
                     done(std::move(environment));
                   });
  }

  Outcome<Pruned> prune(const std::vector<Version>& known, bool all) override { return inner_->prune(known, all); }
  Progress progress(const Version& version) const override { return inner_->progress(version); }

 private:
  // What is the host's trouble and not the image's is told first.
  static Error failure(const Version& version, const Error& why) {
    if (why.kind == ErrorKind::internal) return why;
    Error error = validation("As a container it cannot run: {} {}", why.message, version.otherwise);
    error.detail = why.detail;
    return error;
  }

  const std::unique_ptr<Environments> inner_;
  workers::Images& images_;
};

}  // namespace

std::unique_ptr<Environments> with_containers(std::unique_ptr<Environments> inner, workers::Images& images) {
  return std::make_unique<WithContainers>(std::move(inner), images);
}

}  // namespace clary::runtimes
