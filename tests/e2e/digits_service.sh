#!/usr/bin/env bash
# The digits example, shortened, as a user would run it: pipeline, service, 1,000 pictures over HTTP
# against offline answers bit for bit, the page in Chromium, and real clients of each format. Needs what ./bootstrap --dev installs.
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
keelrow() { "$bin/keelrow" -f "$work/keelrow.yaml" "$@"; }

cp examples/digits/keelrow.yaml "$work/"
"$bin/digits-pictures" "$deps/mnist" "$work/data"
short=(--set train.epochs=1 --set 'gate={test.accuracy: ">=0.9"}')
keelrow "${short[@]}" run
bundle=$(echo "$work"/.keelrow/models/digits/*)

# Not through the function: its process would be a shell, and signals would end that only.
"$bin/keelrow" -f "$work/keelrow.yaml" up --port 0 >"$work/up.log" 2>&1 &
service=$!
for _ in $(seq 1000); do
  port=$(sed -n 's/.*http:\/\/127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/up.log" | head -1)
  [ -n "$port" ] && curl -fs -o /dev/null "http://127.0.0.1:$port/readyz" && break
  sleep 0.01
done
token=$(keelrow token)

mapfile -t pictures < <(keelrow -q "${short[@]}" data split --list test --limit 1000)
"$bin/digits-compare" "$port" "$token" "$bundle" "${pictures[@]}" | tee "$work/compared"
grep -qx 'predictions=1000/1000' "$work/compared"

# The same answer from a program that embeds the model.
label=$("$bin/embed" "$bundle" "${pictures[0]}" | sed -n 's/.*"label":"\([^"]*\)".*/\1/p')
[ -n "$label" ]

KEELROW_WEB_MODULES=$(realpath "$deps/web/node_modules") BASE_URL=http://127.0.0.1:$port \
  TOKEN=$token PICTURE=${pictures[0]} LABEL=$label SCREENSHOTS=${SCREENSHOTS:-} \
  node tests/web/predict_page_test.mjs

# The network, tokens, metrics and description as the libraries of their formats see them.
"$deps/parity/bin/python" tests/parity/onnx_checker.py "$bundle/network.onnx"
"$deps/parity/bin/python" tests/parity/service_clients.py "http://127.0.0.1:$port" "$token" \
  "$work/.keelrow/token_secret" "${pictures[0]}"
"$deps/parity/bin/python" tests/parity/openapi_examples.py "http://127.0.0.1:$port" "$token"
manage=$(keelrow token create --scope predict --scope manage)
"$deps/parity/bin/python" tests/parity/serving_clients.py "127.0.0.1:$port" "$token" "$manage" \
  digits "${pictures[0]}" "$label"
"$deps/parity/bin/python" tests/parity/other_clients.py "127.0.0.1:$port" "$token" digits "${pictures[0]}" "$label"

kill -TERM "$service"
wait "$service"
service=
echo "digits service: all as it should be"
