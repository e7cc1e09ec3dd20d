# Fuzz targets: every tests/fuzz/*_fuzz.cpp, built by clang with libFuzzer and the sanitizers. Sourced by dev.

# A short run leaves out what needs nearly the whole server built by clang.
fuzz_targets() { # SECONDS
  ls tests/fuzz/*_fuzz.cpp | { [ "$1" -ge 30 ] && cat || xargs grep -L '^// fuzz: services'; } | xargs -n1 basename | sed 's/\.cpp$//'
}

build_fuzz() { # SECONDS
  configure build/fuzz -DCLARY_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++-16
  ninja -C build/fuzz $(fuzz_targets "$1")
}

run_fuzz() { # SECONDS
  local folder=build/fuzz target status=0
  build_fuzz "$1" || return 1
  for target in $(fuzz_targets "$1"); do
    mkdir -p $folder/corpus/"$target"
    say "fuzzing $target for $1 s"
    # What libFuzzer tells while all is well (thousands of lines) would hide what other suites said.
    if ! "$folder/$target" -max_total_time="$1" -timeout=10 -rss_limit_mb=4096 -print_final_stats=0 -verbosity=0 \
      -artifact_prefix=$folder/ $folder/corpus/"$target" >$folder/"$target".log 2>&1; then
      status=1
      tail -200 $folder/"$target".log
    fi
  done
  return $status
}
