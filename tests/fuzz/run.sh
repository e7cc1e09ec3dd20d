# Fuzz targets: every tests/fuzz/*_fuzz.cpp, built by clang with libFuzzer and the sanitizers. Sourced by dev.

# What a short run is, in seconds: it is part of ./dev test, and shares the unit tests' build.
short_run=5

# A short run leaves out what needs nearly the whole server built by clang.
fuzz_targets() { # SECONDS
  ls tests/fuzz/*_fuzz.cpp | { [ "$1" -gt $short_run ] && cat || xargs grep -L '^// fuzz: services'; } | xargs -n1 basename | sed 's/\.cpp$//'
}

# configure_sanitized FOLDER OPTIONS...
configure_sanitized() {
  local folder=$1
  shift
  configure "$folder" -DCLARY_ASAN=ON -DCMAKE_CXX_COMPILER=clang++-16 "$@"
}

# Prints its folder.
fuzz_folder() { # SECONDS
  if [ "$1" -gt $short_run ]; then echo build/fuzz-long; else echo build/sanitized; fi
}

build_fuzz() { # SECONDS
  local folder
  folder=$(fuzz_folder "$1")
  if [ "$1" -gt $short_run ]; then configure_sanitized "$folder" -DCLARY_ASAN_OPTIMISATION=-O1; else configure_sanitized "$folder"; fi
  ninja -C "$folder" $(fuzz_targets "$1")
}

run_fuzz() { # SECONDS
  local folder target status=0
  folder=$(fuzz_folder "$1")
  build_fuzz "$1" || return 1
  for target in $(fuzz_targets "$1"); do
    mkdir -p "$folder/corpus/$target"
    say "fuzzing $target for $1 s"
    # What libFuzzer tells while all is well (thousands of lines) would hide what other suites said.
    if ! "$folder/$target" -max_total_time="$1" -timeout=10 -rss_limit_mb=4096 -print_final_stats=0 -verbosity=0 \
      -artifact_prefix="$folder/" "$folder/corpus/$target" >"$folder/$target.log" 2>&1; then
      status=1
      tail -200 "$folder/$target.log"
    fi
  done
  return $status
}
