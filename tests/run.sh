# The test runner of ./dev test: suites, each with its own counts; ends on the plain line "N passed, N failed".
# Sourced by dev: uses its functions.

source tests/fuzz/run.sh

suites=(tidy runtime protocol e2e-today e2e-sdk1 e2e-sdk2 e2e-sdk3 console unit tsan fuzz)
passed=0 failed=0
failures=()

tell() { # NAME OK|FAIL COUNT_PASSED COUNT_FAILED
  passed=$((passed + $2))
  failed=$((failed + $3))
  if [ "$3" -gt 0 ]; then failures+=("$1"); fi
  say "$1: $2 passed, $3 failed"
}

# GoogleTest programs of a build folder.
run_programs() { # SUITE FOLDER PROGRAMS...
  local suite=$1 folder=$2 program output
  shift 2
  for program in "$@"; do
    output=$(mktemp)
    local status=0
    # From where they were built: what ccache shares between clones has __FILE__ relative to that.
    (cd "$folder" && timeout 300 "./$program" --gtest_brief=1) >"$output" 2>&1 || status=$?
    local ok bad
    ok=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$output" | tail -1)
    bad=$(sed -n 's/^ *\([0-9]*\) FAILED TEST.*/\1/p' "$output" | tail -1)
    if [ $status -ne 0 ]; then
      cat "$output"
      bad=${bad:-1}
    fi
    tell "$suite $program" "${ok:-0}" "${bad:-0}"
    rm -f "$output"
  done
}

# counted WORD FILE: the number before that word in pytest's closing line; 0 where it has none.
counted() { tail -1 "$2" | sed -n "s/.*\b\([0-9][0-9]*\) $1.*/\1/p" | grep . || echo 0; }

# pytest SUITE PYTHON ARGS...
run_pytest() {
  local suite=$1 python=$2 output status=0
  shift 2
  output=$(mktemp)
  PYTHONPATH=$root/tests/support PYTHONDONTWRITEBYTECODE=1 timeout 1500 "$python" -m pytest -p clary_fixtures -q -rfE --durations=5 \
    -o cache_dir=/tmp/clary-pytest "$@" 2>&1 | tee "$output" || status=$?
  local bad
  bad=$(($(counted failed "$output") + $(counted error "$output")))
  if [ $status -ne 0 ] && [ "$bad" = 0 ]; then bad=1; fi
  readarray -t -O ${#failures[@]} failures < <(grep -E '^(FAILED|ERROR) ' "$output" | cut -c1-300)
  tell "$suite" "$(counted passed "$output")" "$bad"
  rm -f "$output"
}

test_programs() { ninja -C "$1" -t targets all | sed -n 's/^\([a-z0-9_]*_test\): phony.*/\1/p;s/^\([a-z0-9_]*_test\): CXX_EXECUTABLE.*/\1/p' | grep -v ^cmake_ | sort -u; }

suite_tidy() {
  if tools/tidy; then tell tidy 1 0; else tell tidy 0 1; fi
  if /usr/bin/python3 tools/docs --check; then tell "generated documents" 1 0; else tell "generated documents" 0 1; fi
}

build_unit() {
  configure_sanitized build/sanitized
  ninja -C build/sanitized clary-init $(test_programs build/sanitized)
}

suite_unit() {
  need_packages "${clang_packages[@]}"
  say "building the unit tests (ASan, UBSan)"
  build_unit || { tell "unit (build)" 0 1; return; }
  # The tests of src/xgboost drive a real libxgboost.
  CLARY_TEST_LIBXGBOOST=$(venv sdk3 3.12 tests/e2e/requirements/sdk3.txt)/lib/python3.12/site-packages/xgboost/lib/libxgboost.so
  export CLARY_TEST_LIBXGBOOST
  ASAN_OPTIONS=$symbolizer UBSAN_OPTIONS=$symbolizer:print_stacktrace=1 run_programs unit build/sanitized $(test_programs build/sanitized)
}

# The parts where threads meet, under ThreadSanitizer.
tsan_programs="meta_test http_test jobs_test serving_test model_server_test"
build_tsan() {
  configure build/tsan -DCLARY_TSAN=ON -DCMAKE_CXX_COMPILER=clang++-16
  ninja -C build/tsan clary-init $tsan_programs
}

suite_tsan() {
  need_packages "${clang_packages[@]}"
  build_tsan || { tell "tsan (build)" 0 1; return; }
  TSAN_OPTIONS=$symbolizer:suppressions=$root/tests/support/tsan.supp run_programs tsan build/tsan $tsan_programs
}

suite_runtime() { run_pytest runtime "$(venv today 3.11 tests/e2e/requirements/today.txt)/bin/python" tests/runtime; }
suite_protocol() { run_pytest protocol "$(venv today 3.11 tests/e2e/requirements/today.txt)/bin/python" tests/protocol; }
suite_e2e-today() { run_pytest e2e-today "$(venv today 3.11 tests/e2e/requirements/today.txt)/bin/python" tests/e2e/today; }
suite_e2e-sdk1() { run_sdk_tests sdk1 3.8; }
suite_e2e-sdk2() { run_sdk_tests sdk2 3.11; }
suite_e2e-sdk3() { run_sdk_tests sdk3 3.12; }

# Two files at a time, each process with a server of its own: most of their time the SDKs sleep between two looks at a job.
run_sdk_tests() { # SDK PYTHON
  run_pytest "e2e-$1" "$(venv "$1" "$2" "tests/e2e/requirements/$1.txt")/bin/python" -n 2 --dist loadfile "tests/e2e/$1"
}

# run_vitest SUITE CONFIG: counts as vitest reports them.
run_vitest() {
  local report status=0
  report=$(mktemp)
  (cd console && timeout 1200 node_modules/.bin/vitest run --config "$2" --reporter=default --reporter=json --outputFile.json="$report") || status=$?
  local ok bad
  read -r ok bad < <(node -p 'const r = JSON.parse(require("fs").readFileSync(process.argv[1])); `${r.numPassedTests} ${r.numFailedTests}`' "$report" || echo 0 1)
  if [ $status -ne 0 ] && [ "$bad" = 0 ]; then bad=1; fi
  tell "$1" "$ok" "$bad"
  rm -f "$report"
}

# The console: its types, its pure parts, and all of it in Chromium against the real server.
suite_console() {
  if (cd console && node_modules/.bin/tsc); then tell "console types" 1 0; else tell "console types" 0 1; fi
  run_vitest "console parts" vitest.config.ts
  CLARY_TEST_PYTHON=$(venv today 3.11 tests/e2e/requirements/today.txt)/bin/python
  export CLARY_TEST_PYTHON
  run_vitest "console pages" vitest.e2e.config.ts
}

suite_fuzz() {
  need_packages "${clang_packages[@]}"
  if run_fuzz $short_run; then tell fuzz 1 0; else tell fuzz 0 1; fi
}

# What the suites with a build of their own need is compiled while others wait for jobs and servers, with what they leave of the CPUs.
# Whatever fails here is built again, and told, by its suite.
builder=""
build_meanwhile() { # SUITES...
  local suite
  for suite in "$@"; do
    case $suite in unit | tsan | fuzz) need_packages "${clang_packages[@]}" ;; esac
  done
  set -m  # a process group of its own, which ends with this script
  (
    chrt --idle --pid 0 $BASHPID
    for suite in "$@"; do
      case $suite in
        unit) build_unit ;;
        tsan) build_tsan ;;
        fuzz) build_fuzz $short_run ;;
      esac || true
    done
  ) >build/meanwhile.log 2>&1 &
  builder=$!
  set +m
  trap 'kill -- -$builder 2>/dev/null || true' EXIT
}

run_tests() {
  if [ "${1:-}" = list ]; then printf '%s\n' "${suites[@]}"; return; fi
  local chosen=("$@") suite
  export PATH=$tools/uv:$PATH  # tests that make environments look uv up
  [ $# -gt 0 ] || chosen=("${suites[@]}")
  for suite in "${chosen[@]}"; do
    declare -F "suite_$suite" >/dev/null || die "there is no suite '$suite'; ./dev test list names them"
  done
  build
  build_meanwhile "${chosen[@]}"
  for suite in "${chosen[@]}"; do
    say "suite $suite"
    case $suite in unit | tsan | fuzz) wait "$builder" || true ;; esac
    "suite_$suite"
  done
  [ ${#failures[@]} = 0 ] || printf 'failed: %s\n' "${failures[@]}"
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
