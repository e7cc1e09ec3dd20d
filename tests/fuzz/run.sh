# Fuzz targets: every tests/fuzz/*_fuzz.cpp, built by clang with libFuzzer and the sanitizers. Sourced by dev.

# What a short run is, in seconds: it is part of ./dev test, and shares the unit tests' build.
short_run=5

# A short run leaves out what needs nearly the whole server built by clang.
fuzz_targets() { # SECONDS
  ls tests/fuzz/*_fuzz.cpp | { [ "$1" -gt $short_run ] && cat || xargs grep -L '^// fuzz: services'; } | xargs -n1 basename | sed 's/\.cpp$//'
}

# What names the lines of a sanitizer's report: it comes with g++; Clang's own would be 120 MB more.
symbolizer=external_symbolizer_path=/usr/bin/addr2line

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

fuzz_one() { # TARGET FOLDER SECONDS
  mkdir -p "$2/corpus/$1"
  say "fuzzing $1 for $3 s"
  # What libFuzzer tells while all is well (thousands of lines) would hide what other suites said.
  ASAN_OPTIONS=$symbolizer "$2/$1" -max_total_time="$3" -timeout=10 -rss_limit_mb=4096 -print_final_stats=0 -verbosity=0 -artifact_prefix="$2/" "$2/corpus/$1" >"$2/$1.log" 2>&1 ||
    { tail -200 "$2/$1.log"; return 1; }
}

# As many at a time as there are processors.
run_fuzz() { # SECONDS
  local folder target pid pids=() status=0 processors
  processors=$(nproc)
  folder=$(fuzz_folder "$1")
  build_fuzz "$1" || return 1
  for target in $(fuzz_targets "$1"); do
    if [ ${#pids[@]} -ge "$processors" ]; then
      wait "${pids[0]}" || status=1
      pids=("${pids[@]:1}")
    fi
    fuzz_one "$target" "$folder" "$1" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || status=1; done
  return $status
}
