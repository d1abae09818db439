#!/usr/bin/env bash
# One service with a bundle of pictures and bare networks of every kind: each example of its
# description is sent, and each kind of question asked on its page in Chromium. Needs what
# ./bootstrap --dev installs. SCREENSHOTS: a folder for pictures of the page.
set -euo pipefail
bin=${KEELROW_BIN:-build/bin}
deps=${KEELROW_DEPS:-.deps}
work=$(mktemp -d)
service=
cleanup() {
  [ -n "$service" ] && kill -TERM "$service" 2>/dev/null && wait "$service" || true
  rm -rf "$work"
}
trap cleanup EXIT

"$bin/slow-version" "$work"
printf '%s\n' 'name: tiny' 'data: {source: data}' 'serve: {models: {folder: models}}' >"$work/keelrow.yaml"
"$bin/keelrow" -q -f "$work/keelrow.yaml" models promote tiny 1
"$deps/parity/bin/python" tests/web/make_networks.py "$work/models"

"$bin/keelrow" -f "$work/keelrow.yaml" up --no-auth --port 0 >"$work/up.log" 2>&1 &
service=$!
for _ in $(seq 1000); do
  port=$(sed -n 's/.*http:\/\/127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/up.log" | head -1)
  [ -n "$port" ] && curl -fs -o /dev/null "http://127.0.0.1:$port/readyz" && break
  sleep 0.01
done
base=http://127.0.0.1:$port
curl -fs -o /dev/null -X PUT "$base/models/mlp/1" # the highest is loaded by itself

"$deps/parity/bin/python" tests/parity/openapi_examples.py "$base"
KEELROW_WEB_MODULES=$(realpath "$deps/web/node_modules") BASE_URL=$base BUNDLE=tiny \
  PICTURE="$work/picture.png" SCREENSHOTS=${SCREENSHOTS:-} node tests/web/kinds_test.mjs

kill -TERM "$service"
wait "$service"
service=
echo "kinds: all as they should be"
