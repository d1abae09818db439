#!/usr/bin/env bash
# Crosses every wall on purpose, one at a time, in a small tree of its own, and expects
# check_walls.sh to name the file and the reason.
set -euo pipefail
check=$(realpath "$(dirname "$0")/check_walls.sh")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# A tree of three layers, base <- data <- engine, in which nothing is crossed.
fresh_tree() {
  rm -rf "$tree/src"
  mkdir -p "$tree"/src/{base,data,engine}
  echo 'set(layers  # bottom to top
    base data engine)' >"$tree/src/CMakeLists.txt"
  echo 'keelrow_library(base PRIVATE_LIBS OpenSSL::Crypto)' >"$tree/src/base/CMakeLists.txt"
  echo 'keelrow_library(data DEPENDS base)' >"$tree/src/data/CMakeLists.txt"
  printf 'keelrow_library(engine\n  DEPENDS data\n  PRIVATE_LIBS openvino::runtime)\n' \
    >"$tree/src/engine/CMakeLists.txt"
  printf '#pragma once\n#include <string>\n' | tee "$tree"/src/{base/a,data/b,engine/c}.h >/dev/null
  printf '#include "base/a.h"\n#include "data/b.h"\n#include <openvino/openvino.hpp>\n' \
    >"$tree/src/engine/c.cpp"
  printf '#include "data/b.h"\n\n#include <duckdb.h>\n' >"$tree/src/data/b.cpp"
}

# expect NAME PATTERN: the check fails, and says PATTERN.
expect() {
  local said
  if said=$("$check" "$tree" 2>&1); then
    echo "not noticed: $1"
    failed=1
  elif ! grep -q "$2" <<<"$said"; then
    printf 'noticed for another reason: %s\n%s\n' "$1" "$said"
    failed=1
  else
    echo "noticed: $1"
  fi
  fresh_tree
}

fresh_tree
"$check" "$tree" || { echo "a clean tree was refused" && exit 1; }

echo '#include "engine/c.h"' >>"$tree/src/data/b.cpp"
expect "an include upward" 'src/data/b.cpp:4: data includes engine'

echo 'keelrow_library(engine DEPENDS base)' >"$tree/src/engine/CMakeLists.txt"
expect "an include that DEPENDS does not name" 'src/engine/c.cpp:2: engine includes data'

echo 'keelrow_library(engine TEST_DEPENDS base DEPENDS data)' >"$tree/src/engine/CMakeLists.txt"
"$check" "$tree" || { echo "a test's own dependency was refused" && failed=1; }
fresh_tree

echo 'keelrow_library(data TEST_DEPENDS engine DEPENDS base)' >"$tree/src/data/CMakeLists.txt"
expect "TEST_DEPENDS upward" 'TEST_DEPENDS names engine, which is not a layer below'

printf 'keelrow_library(engine TEST_DEPENDS data)\n' >"$tree/src/engine/CMakeLists.txt"
expect "TEST_DEPENDS outside of a test" 'src/engine/c.cpp:2: engine includes data'

echo 'keelrow_library(base DEPENDS engine)' >"$tree/src/base/CMakeLists.txt"
expect "DEPENDS upward" 'DEPENDS points upward: base -> engine'

echo 'keelrow_library(base DEPENDS nowhere)' >"$tree/src/base/CMakeLists.txt"
expect "DEPENDS on no layer" 'nowhere, which is not a layer'

echo '#include "c.h"' >>"$tree/src/engine/c.cpp"
expect "an include without its folder" 'names no folder'

for case in torch/torch.h:data ATen/ops/add.h:engine openvino/openvino.hpp:data duckdb.h:engine \
  boost/beast.hpp:engine yaml-cpp/yaml.h:data sqlite3.h:data openssl/evp.h:data \
  CLI/CLI.hpp:base png.h:engine prometheus/counter.h:data protozero/pbf_writer.hpp:data; do
  folder=${case#*:}
  echo "#include <${case%:*}>" >"$tree/src/$folder/foreign.cpp"
  expect "<${case%:*}> in $folder" "src/$folder/foreign.cpp:1: <${case%:*}> belongs behind the wall"
done

echo '#include <duckdb.h>' >>"$tree/src/data/b.h"
expect "a third-party type leaking through a header" 'src/data/b.h leaks <duckdb.h>'

printf '#pragma once\n#include <duckdb.h>\n' >"$tree/src/data/inner.h"
echo '#include "data/inner.h"' >>"$tree/src/data/b.h"
expect "a leak through two headers" 'src/data/b.h leaks <duckdb.h>'

printf 'int x;\n%.0s' {1..451} >"$tree/src/base/long.cpp"
expect "a long file" 'file of 451 lines'

{ echo 'void F() {' && printf '  G();\n%.0s' {1..70} && echo '}'; } >"$tree/src/base/function.cpp"
expect "a long function" 'function.cpp:1: function of 72 lines'

echo 'int x;' >"$tree/src/base/once.h"
expect "no #pragma once" 'no #pragma once'

echo "// TO""DO later" >"$tree/src/base/note.cpp"
expect "a note to self" 'note.cpp:1: finish it'

exit $failed
