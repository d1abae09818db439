#!/usr/bin/env bash
# The generated documents are what the program prints now; links in the documents lead somewhere.
set -euo pipefail
bin=${KEELROW_BIN:-build/bin}
status=0

compare() {
  if ! diff -u "$2" <("$bin/keelrow" docs "$1") | head -40; then
    echo "$2 is stale: run  $bin/keelrow docs $1 > $2"
    status=1
  fi
}
compare project-file docs/project-file.md
compare schema docs/keelrow.schema.json

# [text](target): a relative target must exist.
while IFS=: read -r file target; do
  target=${target%%#*}
  [ -z "$target" ] && continue
  if [ ! -e "$(dirname "$file")/$target" ]; then
    echo "$file: link to $target, which does not exist"
    status=1
  fi
done < <(git ls-files '*.md' | xargs grep -oE '\]\([^)]+\)' | grep -vE '\]\((https?:|mailto:)' |
  sed -E 's/\]\(([^)]*)\)/\1/')
exit $status
