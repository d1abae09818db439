#!/usr/bin/env bash
# tests/fault/run_kill_test.sh: a run that is stopped at a random moment, by Ctrl-C or by kill -9,
# is finished by the same command with the same bundle, and leaves nothing lying about; and two
# runs at once do no harm. KEELROW_SEED repeats one, KEELROW_KILLS (6 of each kind) makes it long.
set -euo pipefail
bin=$(realpath "${KEELROW_BIN:-build/bin}")
export PATH=$bin:$PATH
seed=${KEELROW_SEED:-$((EPOCHSECONDS % 32768))}
kills=${KEELROW_KILLS:-6}
RANDOM=$seed
echo "seed $seed, $kills kills of each kind"

folder=$(mktemp -d "${TMPDIR:-/tmp}/keelrow-kills-XXXXXX")
trap 'rm -rf "$folder"' EXIT
export TMPDIR=$folder/tmp
mkdir "$TMPDIR"

fail() {
  echo "FAIL: $1" >&2
  tail -n 20 "$folder"/*.log >&2
  exit 1
}

# fresh: the present folder becomes a project that has not run.
fresh() {
  cd "$folder"
  rm -rf project
  cp -r template project
  cd project
}

# start: a run in the background, as a terminal would start it: SIGINT is not ignored, and the group
# gets it.
start() {
  setsid env --default-signal=INT keelrow -q run >"$folder/$1.log" 2>&1 &
}

bundle_hashes() { keelrow -o json models ls | sed -n 's/.*"sha256": "\(.*\)".*/\1/p'; }

# Every process of a run has the project's folder in its arguments; the brackets keep grep's own out.
processes() { grep -ls "$folder/[p]roject/" /proc/[0-9]*/cmdline; }

no_process() {
  local tries
  for tries in {1..50}; do
    [ -n "$(processes)" ] || return 0
    sleep 0.1
  done
  return 1
}

check_result() {
  keelrow -q run >"$folder/again.log" 2>&1 || fail "$1: the second run ended with $?"
  [ "$(bundle_hashes)" = "$expected" ] || fail "$1: the bundle differs: $(bundle_hashes)"
  local strays
  strays=$(find . "$TMPDIR" -mindepth 1 \( -name '*.tmp' -o -name 'keelrow-??????' -o -path '*/work/*' \))
  [ -z "$strays" ] || fail "$1: left behind: $strays"
}

# stop_at_random SIGNAL EXIT_CODE
stop_at_random() {
  local signal=$1 code=$2 delay status=0 pid
  fresh
  delay=$(awk -v r="$RANDOM" -v ms="$run_ms" 'BEGIN { printf "%.3f", r / 32768 * ms / 1000 }')
  start first
  pid=$!
  sleep "$delay"
  kill "-$signal" -- "-$pid" 2>/dev/null || true
  { wait "$pid"; } 2>/dev/null || status=$? # the shell would tell that it was killed
  local what="SIG$signal after $delay s"
  [ "$status" = "$code" ] || [ "$status" = 0 ] || fail "$what: exit code $status"
  no_process || fail "$what: still running: $(processes | xargs tail -n +1)"
  check_result "$what"
  printf 'ok   %s (exit code %s)\n' "$what" "$status"
}

two_at_once() {
  local status=0 one two
  fresh
  start one
  one=$!
  start two
  two=$!
  wait $one || status=$?
  [ $status = 0 ] || fail "the first of two ended with $status"
  wait $two || status=$?
  [ $status = 0 ] || fail "the second of two ended with $status"
  check_result "two at once"
  echo "ok   two at once"
}

tiny-project "$folder/template"
fresh
keelrow -q run >"$folder/whole.log" 2>&1
fresh # measured when the programs are in memory
began=$EPOCHREALTIME
keelrow -q run >"$folder/whole.log" 2>&1
run_ms=$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
expected=$(bundle_hashes)
echo "a whole run takes $run_ms ms and makes $expected"

for ((i = 0; i < kills; ++i)); do
  stop_at_random INT 130
  stop_at_random KILL 137
done
two_at_once
