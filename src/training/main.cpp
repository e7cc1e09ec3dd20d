// clary-train: a built-in algorithm's training in the worker of a training job, in place of a script. It finds its work as a
// container does, below /opt/ml, and ends with 0, or with 1 and the reason in /opt/ml/output/failure.
#include <cstdio>
#include <cstring>
#include <string>
#include <unistd.h>

#include "training/algorithm.hpp"
#include "training/checkpoint_files.hpp"
#include "training/failure.hpp"
#include "training/say.hpp"

int main(int count, char** arguments) {
  using namespace clary::training;
  Settings settings;
  for (int i = 1; i + 1 < count; i += 2) {
    if (std::strcmp(arguments[i], "--prefix") == 0) settings.prefix = arguments[i + 1];
    if (std::strcmp(arguments[i], "--environment") == 0) settings.environment = arguments[i + 1];
  }
  if (settings.environment.empty()) {
    std::fputs("usage: clary-train --environment FOLDER [--prefix /opt/ml]\n", stderr);
    return 2;
  }
  const auto done = train(settings, Termination::watch());
  // The library's threads, and the one that waits for SIGTERM, are not waited for.
  if (done) ::_exit(0);
  const std::string reason = failure_text(done.error());
  say_line(reason);
  (void)write_output(settings.prefix + "/output/failure", reason);
  ::_exit(1);
}
