#!/usr/bin/env bash
# One service with a bundle of pictures and bare networks of every kind: each example of its
# description is sent, and each kind of question asked on its page in Chromium. Needs what
# ./bootstrap --dev installs. SCREENSHOTS: a folder for pictures of the page.
set -euo pipefail
bin=$(realpath "${KEELROW_BIN:-build/bin}")
deps=${KEELROW_DEPS:-.deps}
work=$(mktemp -d)
service=
cleanup() {
  [ -n "$service" ] && kill -TERM "$service" 2>/dev/null && wait "$service" || true
  rm -rf "$work"
}
trap cleanup EXIT

"$bin/slow-version" "$work"
cat >"$work/keelrow.yaml" <<'END'
name: tiny
data: {source: data}
serve: {models: {folder: models}}
prepare: [{resize: 64}, {normalize: imagenet}]
END
"$bin/keelrow" -q -f "$work/keelrow.yaml" models promote tiny 1
"$deps/parity/bin/python" tests/web/make_networks.py "$work/models"

# A network and its labels from elsewhere, as a bundle; and what does not fit.
keelrow() { (cd "$work" && "$bin/keelrow" -q "$@"); }
echo '{"0": "cat", "1": ["n02", "dog"], "2": "owl"}' >"$work/index_to_name.json"
keelrow models pack models/photo.onnx --labels index_to_name.json --name packed
keelrow predict -m models/packed/1 picture.png | grep -Eq '^picture.png  (cat|dog|owl)  [01][.]'
printf 'cat\ndog\n' >"$work/two.txt"
refuses() { ! keelrow "${@:2}" 2>"$work/refusal" && grep -qF "$1" "$work/refusal"; }
refuses 'there are 2 labels' models pack models/photo.onnx --labels two.txt
refuses 'gives pictures of different sizes' --set 'prepare=[normalize]' models pack models/photo.onnx --labels two.txt
refuses 'but the network takes [-1, 4]' models pack models/mlp/1/model.onnx --labels two.txt
[ "$(ls "$work/models/packed")" = 1 ]

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
