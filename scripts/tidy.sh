#!/usr/bin/env bash
# scripts/tidy.sh [FILE...]: clang-tidy over the .cpp files of src/ (or those named), except unit
# tests and train/, whose LibTorch headers cost half a minute a file. A file that passed is
# remembered in build/tidy-cache under the hash of all it depends on, so that a second run looks
# only at what changed.
set -euo pipefail
cd "$(dirname "$0")/.."
export BUILD=${BUILD:-build}
CACHE=$BUILD/tidy-cache
mkdir -p "$CACHE"
[ -e "$BUILD/compile_commands.json" ] || cmake -S . -B "$BUILD" -G Ninja -Wno-dev >/dev/null

# "FILE INCLUDED" for each of our own includes.
own_includes() {
  grep -roE --include='*.h' --include='*.cpp' '^#include "[a-z_]+/[^"]+' src | sed 's/:#include "/ src\//'
}

# "FILE KEY" for each file: the key hashes it, the headers of ours that it reaches, and the rules.
keys() {
  local rules
  rules=$(clang-tidy-14 --version | cat - .clang-tidy | sha256sum)
  { find src \( -name '*.h' -o -name '*.cpp' \) -exec sha256sum {} + | sed 's/^/hash /' && own_includes; } |
    awk '
      function reach(file,  i, names) {
        if (file in seen) return
        seen[file] = 1; print unit, file, hash[file]
        for (i = split(uses[file], names, " "); i > 0; i--) reach(names[i])
      }
      $1 == "hash" { hash[$3] = $2; next }
      { uses[$1] = uses[$1] " " $2 }
      END { for (unit in hash) if (unit ~ /\.cpp$/) { delete seen; reach(unit) } }' |
    sort | awk -v rules="$rules" '
      $1 != unit { close_unit(); unit = $1; text = rules }
      { text = text " " $2 "=" $3 }
      END { close_unit() }
      function close_unit() { if (unit != "") print unit, text }' |
    while read -r unit text; do
      read -r key _ < <(sha256sum <<<"$text")
      echo "$unit $key"
    done
}

# check_file FILE KEY
check_file() {
  if clang-tidy-14 --quiet -p "$BUILD" --extra-arg=-Wno-unknown-warning-option "$1" \
    >"$CACHE/$2.log" 2>/dev/null; then
    mv "$CACHE/$2.log" "$CACHE/$2"
  else
    cat "$CACHE/$2.log"
    rm "$CACHE/$2.log"
    echo "tidy: $1 failed"
    return 1
  fi
}
export -f check_file
export CACHE

wanted=$(if [ $# -gt 0 ]; then printf '%s\n' "$@"; else find src -name '*.cpp' -not -name '*_test.cpp' -not -path 'src/train/*'; fi)
todo=$(keys | awk 'NR == FNR { wanted[$1]; next } $1 in wanted' <(echo "$wanted") - |
  while read -r file key; do [ -e "$CACHE/$key" ] || echo "$file $key"; done)
echo "tidy: $(wc -l <<<"$wanted") files, $(grep -c . <<<"$todo" || true) to look at"
[ -z "$todo" ] || xargs -P "${JOBS:-$(nproc)}" -L 1 bash -c 'check_file "$@"' _ <<<"$todo"
