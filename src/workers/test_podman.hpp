// A podman of the tests' own: a script that knows images by files, starts clary-init as a plain process where podman
// would make a container, and writes down how it was called. Owned by the test. Thread rule: one thread. Invariant:
// what it starts ends with the test, for the tests wait for it.
#pragma once

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>

#include "base/rng.hpp"
#include "io/process.hpp"
#include "workers/container_podman.hpp"

namespace clary::workers {

inline constexpr const char* fake_podman_script = R"(#!/bin/bash
here=$(dirname "$0")
echo "$*" >> "$here/calls"
case "$1 $2" in
"image inspect")
  name=${@: -1}
  if [ -f "$here/images/$name" ]; then cat "$here/images/$name"; exit 0; fi
  echo "Error: inspecting object: $name: image not known" >&2
  exit 125 ;;
"pull --")
  echo "Trying to pull $3..."
  if [ -f "$here/pull-hangs" ]; then sleep 300; fi
  if [ -f "$here/pull-fails" ]; then
    echo 'time="2026-01-01T00:00:00Z" level=warning msg="Failed, retrying in 1s"' >&2
    echo "Error: initializing source: no such host" >&2
    exit 125
  fi
  echo 'sha256:feed {"Cmd":["run"]}' > "$here/images/$3"
  exit 0 ;;
"ps --all") cat "$here/containers" 2>/dev/null; exit 0 ;;
"rm --force") exit 0 ;;
esac
[ "$1" = run ] || exit 125
for refused in $(cat "$here/refuses" 2>/dev/null); do
  case " $* " in *" $refused "*)
    echo "time=now level=warning msg=before" >&2
    echo "Error: crun: $refused is not to be had: OCI runtime error" >&2
    exit 126 ;;
  esac
done
pidfile= init=
while [ $# -gt 0 ]; do
  case "$1" in
  --rootfs) exit 125 ;;
  --pidfile) pidfile=$2 ;;
  type=bind,source=*,target=/run/clary/clary-init,readonly) init=${1#type=bind,source=}; init=${init%%,*} ;;
  esac
  shift
done
cd "$here"
if [ -f start-hangs ]; then echo $$ > hanging; sleep 300; fi
IMAGE_SAYS=hello PATH=$here/bin:$PATH setsid "$init" </dev/null >/dev/null 2>&1 &
echo $! > "$pidfile"
)";

struct FakePodman {
  std::string root = "/tmp/clary-podman-" + random_alphanumeric(8);

  FakePodman() {
    std::filesystem::create_directories(root + "/images");
    std::filesystem::create_directories(root + "/bin");
    write("podman", fake_podman_script);
    chmod((root + "/podman").c_str(), 0755);
  }
  ~FakePodman() { std::filesystem::remove_all(root); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(root + "/" + name) << text; }
  std::string calls() const {
    auto text = io::read_file(root + "/calls", 1 << 20);
    return text ? *text : std::string();
  }
  ContainerOptions options() const {
    return {root + "/podman", root + "/containers-folder", io::program_folder() + "/clary-init"};
  }
};

}  // namespace clary::workers
