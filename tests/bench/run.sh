# The benchmarks of docs/benchmarks.md: ./dev bench [NAME..]. Sourced by dev: uses its functions.
# Each NAME is tests/bench/bench_NAME.py; figures are gathered in build/bench/figures.jsonl and printed as one table at the end.

benches=(job_start jobs scraping sdk endpoint invoke transform xgboost s3 channels metrics search console frameworks xgboost_training sweep start huge build)

compile_bench_program() { # NAME
  local source=tests/bench/$1.cpp program=build/bench/$1
  [ "$program" -nt "$source" ] || g++ -std=c++20 -O2 -static -o "$program" "$source"
}

run_bench() {
  if [ "${1:-}" = list ]; then printf '%s\n' "${benches[@]}"; return; fi
  local chosen=("$@") name failed=()
  if [ $# = 0 ]; then
    chosen=(job_start jobs scraping sdk endpoint invoke transform xgboost s3 channels metrics search console frameworks xgboost_training sweep start)
    say "all but 'build' and 'huge', which take long: ./dev bench build huge"
  fi
  need_packages wrk pigz
  need_tools
  mkdir -p build/bench
  compile_bench_program echo_worker
  compile_bench_program latency_client
  compile_bench_program load_client
  local python
  python=$(venv today 3.11 tests/e2e/requirements/today.txt)/bin/python
  : >build/bench/figures.jsonl
  for name in "${chosen[@]}"; do
    [ -f "tests/bench/bench_$name.py" ] || die "there is no benchmark '$name'; ./dev bench list names them"
    if [ "$name" = sdk ] || [ "$name" = sweep ]; then
      CLARY_BENCH_SDK1=$(venv sdk1 3.8 tests/e2e/requirements/sdk1.txt)/bin/python
      CLARY_BENCH_SDK2=$(venv sdk2 3.11 tests/e2e/requirements/sdk2.txt)/bin/python
      export CLARY_BENCH_SDK1 CLARY_BENCH_SDK2
    fi
    if [ "$name" = console ]; then need_packages chromium; fi
    say "bench $name"
    CLARY_UV=${CLARY_UV:-$tools/bin/uv} CLARY_API_PYTHON=$tools/bin/python PEER_CACHE=${PEER_CACHE:-$cache/peers} \
      PYTHONPATH=$root/tests/support:$root/tests/bench PYTHONDONTWRITEBYTECODE=1 \
      "$python" "tests/bench/bench_$name.py" || failed+=("$name")
  done
  PYTHONPATH=$root/tests/bench PYTHONDONTWRITEBYTECODE=1 "$python" tests/bench/figures.py
  [ ${#failed[@]} = 0 ] || die "did not run to their end: ${failed[*]}"
}
