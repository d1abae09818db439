#!/usr/bin/env bash
# scripts/fuzz.sh BUILD_DIR: runs each BUILD_DIR/bin/fuzz_NAME for FUZZ_SECONDS, two at a time, from
# the seeds in fuzz/corpus/NAME. A finding stays in BUILD_DIR/findings/NAME-* and fails the run:
# reproduce it with `BUILD_DIR/bin/fuzz_NAME FILE`.
set -euo pipefail
cd "$(dirname "$0")/.."
export BUILD=${1:?usage: scripts/fuzz.sh BUILD_DIR} FUZZ_SECONDS=${FUZZ_SECONDS:-60}

run_target() {
  local name=${1#fuzz_} seeds
  local corpus=$BUILD/corpus/$name log=$BUILD/findings/$name.log
  seeds=fuzz/corpus/$name
  mkdir -p "$corpus" "$BUILD/findings"
  [ -d "$seeds" ] || seeds=""
  if "$BUILD/bin/$1" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$BUILD/findings/$name-" "$corpus" $seeds 2>"$log"; then
    printf 'fuzz %-16s ok, %s inputs\n' "$name" \
      "$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")"
  else
    printf 'fuzz %-16s FAILED, see %s\n' "$name" "$log"
    tail -25 "$log"
    return 1
  fi
}
export -f run_target

targets=$(cd "$BUILD/bin" && compgen -G 'fuzz_*') || { echo "fuzz: no targets in $BUILD/bin" >&2 && exit 1; }
xargs -P 2 -I{} bash -c 'run_target {}' <<<"$targets"
