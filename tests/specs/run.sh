#!/usr/bin/env bash
# tests/specs/run.sh FILE.spec...: runs the specs; README.md says how one is written. The programs
# are those of KEELROW_BIN (build/bin). ONLY=words runs the specs whose title has these words.
set -uo pipefail
# Disks that a spec mounts are seen by it alone, and end with it however it ends.
if [ -z "${KEELROW_SPECS_ALONE:-}" ] && unshare --mount true 2>/dev/null; then
  KEELROW_SPECS_ALONE=1 exec unshare --mount "$0" "$@"
fi
here=$(cd "$(dirname "$0")" && pwd)
bin=$(realpath "${KEELROW_BIN:-$here/../../build/bin}")
export PATH=$bin:$PATH
export SOURCE=${here%/tests/specs}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/keelrow-specs-XXXXXX")
trap 'umount -l "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT
[ -z "${KEELROW_SPECS_ALONE:-}" ] || mount -t tmpfs none "$scratch" # flushing to a disk takes most of the time
. "$here/words.sh"

fail() {
  printf 'FAIL %s\n  %s\n  at:      %s:%s\n  command: %s\n' \
    "$title" "$1" "${file#"$PWD"/}" "$number" "${ran//$'\n'/$'\n           '}"
  printf '  exit code %s\n' "$status"
  sed 's/^/  out| /' "$out" | tail -20
  sed 's/^/  err| /' "$err" | tail -20
  exit 1
}

# The command stands until something is expected of it, or until the next one: it may have lines.
run_pending() {
  [ -n "$pending" ] || return 0
  check_exit
  ran=$pending pending= wanted=0
  eval "$ran" >"$out" 2>"$err" </dev/null
  status=$?
}

check_exit() {
  [ "$status" = "$wanted" ] || fail "expected exit code $wanted, got $status"
}

has() { grep -qF -- "$2" "$1"; }

# What this machine or user cannot do is no fault of Keelrow.
need() {
  eval "$1" >"$out" 2>"$err" </dev/null && return
  printf 'skip %s  (not possible here: %s)\n' "$title" "$1"
  exit "$skipped"
}

run_line() {
  local text=${1#* }
  case $1 in
  '$ '*) run_pending && pending=$text ;;
  '> '*) pending+=$'\n'$text ;;
  'needs '*) need "$text" ;;
  'exit '*) run_pending && wanted=$text ;;
  'out '*) run_pending && { has "$out" "$text" || fail "expected on stdout: $text"; } ;;
  'err '*) run_pending && { has "$err" "$text" || fail "expected on stderr: $text"; } ;;
  'no out') run_pending && { [ ! -s "$out" ] || fail "expected nothing on stdout"; } ;;
  'no err') run_pending && { [ ! -s "$err" ] || fail "expected nothing on stderr"; } ;;
  'not '*) run_pending && { ! has "$err" "$text" && ! has "$out" "$text" || fail "unexpected: $text"; } ;;
  *) fail "not a line of a spec: $1" ;;
  esac
}

# One spec in a folder, a shell and with background jobs of its own; its lines come as "N:TEXT".
run_spec() {
  local number=0 pending='' ran='' status=0 wanted=0 line
  local folder=$scratch/spec out=$scratch/out err=$scratch/err
  rm -rf "$folder" && mkdir "$folder" && cd "$folder" || exit 1
  : >"$out" && : >"$err"
  trap end_spec EXIT
  for line in "$@"; do
    number=${line%%:*}
    run_line "${line#*:}"
  done
  run_pending
  check_exit
}

finish_spec() {
  [ -n "$title" ] || return 0
  if [[ $title == *"${ONLY:-}"* ]]; then
    local start=$EPOCHREALTIME result=0
    (run_spec "${lines[@]}") || result=$?
    case $result in
    0) printf 'ok   %s  (%s ms)\n' "$title" $(((${EPOCHREALTIME/./} - ${start/./}) / 1000)) ;;
    "$skipped") ;;
    *) failed=$((failed + 1)) ;;
    esac
  fi
}

failed=0 skipped=77
for file in "$@"; do
  file=$(realpath "$file") title='' lines=() count=0
  while IFS= read -r line || [ -n "$line" ]; do
    count=$((count + 1))
    case $line in
    '=== '*) finish_spec && title=${line#=== } lines=() ;;
    '' | '#'*) ;;
    *) lines+=("$count:$line") ;;
    esac
  done <"$file"
  finish_spec
done
[ "$failed" = 0 ] || { echo "$failed specs failed" && exit 1; }
