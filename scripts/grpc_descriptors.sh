#!/usr/bin/env bash
# scripts/grpc_descriptors.sh [--check]: src/open_inference/proto/*.proto as the FileDescriptorSet that gRPC's
# reflection gives to clients, in src/open_inference/proto/descriptors.inc: bytes for a C++ array. With --check
# it writes nothing, and fails when they are not what the .proto files say. Run it after changing one.
set -euo pipefail
cd "$(dirname "$0")/../src/open_inference/proto"
python=$(realpath -s "${KEELROW_PYTHON:-${KEELROW_DEPS:-../../../.deps}/parity/bin/python}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m grpc_tools.protoc -I. --descriptor_set_out="$work/set" ./*.proto
od -An -v -tx1 -w32 "$work/set" | sed 's/ \(..\)/0x\1,/g' >"$work/descriptors.inc"
if [ "${1:-}" = --check ]; then
  cmp "$work/descriptors.inc" descriptors.inc || { echo "run scripts/grpc_descriptors.sh" >&2 && exit 1; }
else
  mv "$work/descriptors.inc" descriptors.inc
fi
