#!/usr/bin/env bash
# scripts/format.sh [--check]: formats our C++ in place, or with --check only says what differs.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(-i)
[ "${1:-}" != --check ] || mode=(--dry-run -Werror)
find src tests fuzz bench examples cmake \( -name '*.h' -o -name '*.cpp' \) -print0 2>/dev/null |
  xargs -0 -r -n 20 -P "$(nproc)" clang-format-14 "${mode[@]}"
