#!/usr/bin/env bash
# From a folder of pictures to a served model, with proof. Ends with one line:
#   demo: accuracy=0.9xxx pipeline_seconds=N ready_ms=N predictions=100/100 report=PATH
set -euo pipefail
cd "$(dirname "$0")/.."

bin=$PWD/build/bin
deps=${KEELROW_DEPS:-.deps}
example=examples/digits

say() { printf '\n== %s\n' "$*"; }

say "1/5 Dependencies and programs"
./bootstrap
cmake -S . -B build -G Ninja -Wno-dev >/dev/null
cmake --build build -j "$(nproc)" --target keelrow keelrow-trainer digits-pictures digits-compare

say "2/5 Pictures: 10,000 handwritten digits, a folder for each"
[ -d $example/data/9 ] || "$bin/digits-pictures" "$deps/mnist" $example/data

say "3/5 The pipeline of $example: check, split, train, evaluate, package, gate, report, promote"
rm -rf $example/.keelrow
start=$(date +%s.%N)
"$bin/keelrow" -f $example/keelrow.yaml run
seconds=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')
accuracy=$("$bin/keelrow" -f $example/keelrow.yaml -o json runs show last |
  awk -F': ' '/"test.accuracy"/ { printf "%.4f", $2 }')

say "4/5 The promoted model as a service"
log=$(mktemp)
start=$(date +%s%N)
"$bin/keelrow" -f $example/keelrow.yaml up --port 0 >"$log" 2>&1 &
service=$!
trap 'kill $service 2>/dev/null || true; rm -f "$log"' EXIT
port=
for _ in $(seq 500); do
  port=$(sed -n 's/.*http:\/\/127\.0\.0\.1:\([0-9]*\).*/\1/p' "$log" | head -1)
  [ -n "$port" ] && curl -fs -o /dev/null "http://127.0.0.1:$port/readyz" && break
  sleep 0.01
done
ready_ms=$((($(date +%s%N) - start) / 1000000))
echo "ready after $ready_ms ms on port $port"

say "5/5 100 test pictures over HTTP with a token, against offline answers"
token=$("$bin/keelrow" -f $example/keelrow.yaml token)
bundle=$("$bin/keelrow" -f $example/keelrow.yaml -o json models ls |
  awk -F'"' '/"aliases"/ { seen = 0 } /"champion"/ { seen = 1 } /"bundle":/ && seen { print $4; exit }')
mapfile -t pictures < <("$bin/keelrow" -f $example/keelrow.yaml -q data split --list test --limit 100)
predictions=$("$bin/digits-compare" "$port" "$token" "$bundle" "${pictures[@]}")
kill -TERM $service
wait $service
report=$(ls -t $example/.keelrow/cache/report-*/report.html | head -1)

printf '\ndemo: accuracy=%s pipeline_seconds=%s ready_ms=%s %s report=%s\n' \
  "$accuracy" "$seconds" "$ready_ms" "$predictions" "$report"
