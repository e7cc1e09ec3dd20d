// What an AWS image URI means here: the runtimes that Clary knows, read from `runtimes/<framework>/runtime.toml`
// and from the same below the folder of the user's own.
// Owned by the composition root; immutable once read. Thread rule: any thread.
// Invariant: a version states which library version AWS's image of that tag holds, and whether ours is exact, nearest
// or impossible.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"

namespace clary::runtimes {

// A metric that a training job's log holds where its request defines none.
struct LogMetric {
  std::string name, regex;
};

struct Version {
  std::string runtime;              // "sklearn"
  std::string tag;                  // "1.2-1", "1.4-2-py312": up to the first -cpu or -gpu
  std::string library;              // "scikit-learn 1.2.1"
  std::string source;               // where AWS says so
  std::string python;               // "3.7": the Python minor that makes it
  std::string requirements;         // path of the lock file (hashes), or of a user's plain requirements
  std::string virtualenv;           // a virtual environment of the user's in place of both; empty: none
  std::vector<std::string> images;  // shell patterns of whole image URIs that mean this version
  enum class Fidelity { exact, nearest, impossible } fidelity = Fidelity::exact;
  std::string reason;                              // why not exact
  std::string framework_module;                    // what clary_runtime loads for it: "sklearn"
  std::map<std::string, std::string> environment;  // added to every worker's
  // What serves a model, instead of clary_runtime.serve; "{socket}" becomes the path.
  std::vector<std::string> serve_command;
  std::vector<LogMetric> metrics;
  std::string model_server;  // the framework by which clary-model-server serves its models that come without code: "xgboost"; empty: Python serves them
  std::string algorithm;     // a job without a script trains it: "xgboost", by clary-train
  bool shows_metrics = false;  // AWS describes a job with them as if its request had defined them
  std::vector<std::string> from_source;  // packages that have no wheel: built where the environment is made
  // Of no runtime: a container image that podman runs as it is (see container_environments.hpp).
  std::string image;
  bool image_here_only = false;  // a runtime claims its repository: no registry is asked for it
  std::string otherwise;         // what would have matched, for when it cannot be had
  std::string id() const { return !image.empty() ? image : runtime + ":" + tag; }
};

class Catalogue {
 public:
  // Reads every folder below each of `roots` (ours first, then the user's configuration folder, which may override).
  static Outcome<Catalogue> open(const std::vector<std::string>& roots);
  // From now on what no runtime matches is a version of its own kind, a container image. `absence` says why there can
  // be no containers here; empty: there can.
  void run_others_as_containers(std::function<std::string()> absence) { absence_ = std::move(absence); }
  // The version for an image URI; an Error that names what would match when none does.
  Outcome<Version> match(std::string_view image_uri) const;
  std::optional<Version> find(std::string_view id) const;  // "sklearn:1.2-1"
  const std::vector<Version>& versions() const { return versions_; }

 private:
  struct Pattern {
    std::string runtime;
    std::vector<std::string> repositories, accounts;
  };
  Outcome<void> read(const std::string& definition);
  const Pattern* pattern_of(std::string_view account, std::string_view repository) const;
  Outcome<Version> match_runtime(std::string_view image_uri) const;
  const Version* named_by(const std::string& image_uri) const;
  Error nothing_matches(std::string_view image_uri, const std::string* runtime) const;

  std::vector<Version> versions_;
  std::vector<Pattern> patterns_;
  std::function<std::string()> absence_;        // of containers; none: they are not meant to be
  std::map<std::string, std::string> aliases_;  // "sklearn:1.9-0-1.0.0.0" to "sklearn:1.9-0"
};

}  // namespace clary::runtimes
