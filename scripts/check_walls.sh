#!/usr/bin/env bash
# scripts/check_walls.sh [ROOT]: the architecture as a check. Fails when
#  - a folder of src/ includes another that its CMakeLists.txt does not name in DEPENDS, directly
#    or through those it names (tests also what TEST_DEPENDS names);
#  - DEPENDS points upward in the layers of src/CMakeLists.txt;
#  - a third-party header is included outside its wall, or leaks through a header of ours;
#  - a file or a function is too long, a header lacks #pragma once, or a note to self was left.
# Prints FILE:LINE: REASON. scripts/check_walls_test.sh proves that each of these is noticed.
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

FILE_LINES_MAX=450
FUNCTION_LINES_MAX=70

# header (extended regular expression)      folders that may include it
WALLS='
  (torch|ATen|c10|caffe2)/                  train
  openvino/                                 engine
  duckdb\.h                                 data
  (jpeglib|png)\.h|webp/                    data
  boost/(asio|beast)                        http
  zlib\.h                                   http
  nghttp2/                                  http
  boost/geometry                            labels
  simdjson\.h                               base labels
  pugixml\.hpp                              labels
  yaml-cpp/                                 config
  sqlite3\.h                                track
  openssl/                                  base gateway http
  CLI/                                      cli
  prometheus/                               signals
  protozero/                                nets open_inference serve
  zip\.h                                    nets
  hiredis/                                  gateway
  spdlog/                                   base
'

# "layer NAME" for each layer, bottom to top.
layers() {
  sed -n '/set(layers/,/)/p' src/CMakeLists.txt | sed 's/#.*//; s/set(layers//; s/)//' |
    tr -s ' ' '\n' | sed -n 's/^\([a-z_]\{1,\}\)$/layer \1/p'
}

# "depend FOLDER NAME" for each name in DEPENDS, "testdepend FOLDER NAME" in TEST_DEPENDS, and
# "library FOLDER NAME".
depends() {
  local file
  for file in src/*/CMakeLists.txt; do
    sed 's/#.*//; s/(/ /g; s/)/ END /g' "$file" | tr -s ' ' '\n' | awk -v folder="$(basename "$(dirname "$file")")" '
      previous == "keelrow_library" { print "library", folder, $0 }
      /^[A-Z_]+$/ { listing = ($0 == "DEPENDS") ? "depend" : ($0 == "TEST_DEPENDS") ? "testdepend" : "" }
      /^[a-z_]+$/ && listing { print listing, folder, $0 }
      { previous = $0 }'
  done
}

# "include FILE LINE HEADER", the header with its < or ".
includes() {
  grep -rnoE --include='*.h' --include='*.cpp' '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]+' src |
    sed -E 's/^([^:]+):([0-9]+):.*([<"][^<"]+)$/include \1 \2 \3/'
}

walls() { sed -nE 's/^ +([^ ]+) +(.+)$/wall \1 \2/p' <<<"$WALLS"; }

check_includes() {
  { layers && depends && walls && includes; } | awk '
    function folder_of(path,  parts) { split(path, parts, "/"); return parts[2] }
    function report(file, line, text) { printf "%s:%d: %s\n", file, line, text }
    # may(a, b): whether a reaches b through DEPENDS.
    function may(a, b,  i, names) {
      if (a == b || (a, b) in allowed) return 1
      for (i = split(needs[a], names, " "); i > 0; i--)
        if (names[i] != a && may(names[i], b)) { allowed[a, b] = 1; return 1 }
      return 0
    }
    function is_test(file) { return file ~ /_test\.cpp$|_for_test\.h$/ }
    function tests_may(a, b,  i, names) {
      for (i = split(test_needs[a], names, " "); i > 0; i--) if (may(names[i], b)) return 1
      return 0
    }
    function check_ours(file, line, header,  own, other) {
      own = folder_of(file); other = header; sub(/\/.*/, "", other)
      if (!(other in height))
        report(file, line, "\"" header "\" names no folder of src/; includes are relative to src/")
      else if (!may(own, other) && !(is_test(file) && tests_may(own, other)))
        report(file, line, own " includes " other " (\"" header "\"), which is not in its DEPENDS")
      user[file, "src/" header] = line; uses[file] = uses[file] " src/" header
    }
    function check_theirs(file, line, header,  i) {
      for (i = 1; i <= wall_count; i++) {
        if (header !~ "^(" wall[i] ")") continue
        leaks[file] = header
        if (index(" " inside[i] " ", " " folder_of(file) " ")) continue
        report(file, line, "<" header "> belongs behind the wall of " inside[i])
      }
    }
    # A header that reaches a walled one, inside its folder, must not be included from elsewhere.
    function leak_of(file,  i, names, found) {
      if (file in leaks) return leaks[file]
      leaks[file] = ""
      for (i = split(uses[file], names, " "); i > 0; i--)
        if (folder_of(names[i]) == folder_of(file) && (found = leak_of(names[i])) != "") leaks[file] = found
      return leaks[file]
    }
    $1 == "layer" { height[$2] = ++top }
    $1 == "library" && $2 != $3 { report("src/" $2 "/CMakeLists.txt", 1, "library " $3 " is not named after its folder") }
    $1 == "library" && !($2 in height) { report("src/" $2 "/CMakeLists.txt", 1, $2 " is not among the layers of src/CMakeLists.txt") }
    $1 == "depend" {
      needs[$2] = needs[$2] " " $3
      if (!($3 in height)) report("src/" $2 "/CMakeLists.txt", 1, "DEPENDS names " $3 ", which is not a layer")
      else if (height[$3] >= height[$2]) {
        report("src/" $2 "/CMakeLists.txt", 1, "DEPENDS points upward: " $2 " -> " $3)
        sub(" " $3 "$", "", needs[$2])
      }
    }
    $1 == "testdepend" {
      test_needs[$2] = test_needs[$2] " " $3
      if (!($3 in height) || height[$3] >= height[$2])
        report("src/" $2 "/CMakeLists.txt", 1, "TEST_DEPENDS names " $3 ", which is not a layer below")
    }
    $1 == "wall" { wall[++wall_count] = $2; sub(/^wall [^ ]+ /, ""); inside[wall_count] = $0 }
    $1 == "include" {
      kind = substr($4, 1, 1); header = substr($4, 2)
      if (kind == "<") check_theirs($2, $3, header); else check_ours($2, $3, header)
    }
    END {
      for (pair in user) {
        split(pair, ends, SUBSEP)
        if (folder_of(ends[1]) != folder_of(ends[2]) && (header = leak_of(ends[2])) != "")
          report(ends[1], user[pair], ends[2] " leaks <" header "> across its wall; keep it in a .cpp")
      }
    }'
}

check_sizes() {
  find src \( -name '*.h' -o -name '*.cpp' \) -print0 | xargs -0 -r awk \
    -v file_max="$FILE_LINES_MAX" -v function_max="$FUNCTION_LINES_MAX" '
    FNR == 1 { check_file(); file = FILENAME; open = start = once = 0 }
    { lines = FNR }
    /^#pragma once/ { once = 1 }
    # clang-format puts a free function at column 0, and its last brace too (a method inside a class
    # is left to clang-tidy).
    /^[A-Za-z_\[]/ && !/^template/ {
      start = FNR
      type = /^(namespace|class|struct|enum|union|extern|using|static_assert)[ ({]/
    }
    /{$/ && start && !type { open = 1 }
    /^}/ { if (open && FNR - start >= function_max)
             printf "%s:%d: function of %d lines (at most %d)\n", file, start, FNR - start + 1, function_max
           open = 0; start = 0 }
    END { check_file() }
    function check_file() {
      if (file == "") return
      if (lines > file_max) printf "%s:1: file of %d lines (at most %d)\n", file, lines, file_max
      if (file ~ /\.h$/ && !once) printf "%s:1: no #pragma once\n", file
    }'
}

check_notes() {
  grep -rnE --include='*.h' --include='*.cpp' --include=CMakeLists.txt '\b(TO''DO|FIX''ME|XX''X)\b' \
    $(ls -d src tests fuzz bench examples 2>/dev/null) | sed -E 's/^([^:]+:[0-9]+):.*/\1: finish it, or write down why not/' || true
}

findings=$(check_includes && check_sizes && check_notes)
if [ -n "$findings" ]; then
  sort -t: -k1,1 -k2,2n <<<"$findings"
  echo "walls: $(wc -l <<<"$findings") findings" >&2
  exit 1
fi
echo "walls: $(find src -name '*.h' -o -name '*.cpp' | wc -l) files, $(depends | grep -c '^library') folders, nothing crossed"
