#!/usr/bin/env bash
# tests/parity/run.sh NAME: one comparison with a real Python library, in the pinned environment of
# ./bootstrap --dev. The functions below are the list; each stands as parity/NAME in CMakeLists.txt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=$(realpath -s "${KEELROW_DEPS:-.deps}/parity/bin/python")
bin=${KEELROW_BIN:-build/bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -x "$python" ] || { echo "the Python libraries are missing: ./bootstrap --dev" >&2 && exit 1; }

# What the unit tests compare with is what Pillow says today.
golden() { diff "$here/../golden/$1.json" <("$python" "$here/$1.py"); }
pillow_resize() { golden pillow_resize; }
pillow_decode() { golden pillow_decode; }
pillow_photometric() { golden pillow_photometric; }

# onnx.checker takes every network of the zoo as we write it.
onnx_checker() {
  "$bin/zoo-onnx" "$work"
  "$python" "$here/onnx_checker.py" "$work"/*.onnx
}

# docs/networks.md has today's networks and counts; the differences vary with the processor.
network_table() {
  "$bin/network-table" "$here/../golden/networks.json" >"$work/networks.md"
  diff <(counts "$here/../../docs/networks.md") <(counts "$work/networks.md")
}
counts() { sed -E 's/(\|[^|]*){2}\|$//' "$1"; }

# Grafana's own types take every key of the dashboards, and give it back.
dashboards() {
  printf '%s\n' 'name: shop' 'data: {source: data}' >"$work/keelrow.yaml"
  "$bin/keelrow" -q -f "$work/keelrow.yaml" deploy rules --out "$work/monitoring"
  "$python" "$here/dashboards.py" "$work"/monitoring/dashboards/*.json
}

# PyJWT and we take the same tokens, and each takes the other's.
jwt_tokens() { "$python" "$here/jwt_tokens.py" "$bin/jwt-tokens" "$work"; }

# What reflection says is what the .proto files say.
grpc_descriptors() { KEELROW_PYTHON=$python "$here/../../scripts/grpc_descriptors.sh" --check; }

"$1"
