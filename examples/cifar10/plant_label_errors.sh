#!/usr/bin/env bash
# examples/cifar10/plant_label_errors.sh: unpacks cifar10.tar and writes planted.csv, in which one
# label of twenty is wrong, and planted_truth.csv, which says where. `keelrow --env planted run
# cross_validate` then looks for them (README.md).
set -euo pipefail
cd "$(dirname "$0")"
tar xf cifar10.tar
find cifar10 -name '*.jpg' | LC_ALL=C sort | LC_ALL=C awk -F/ '
  { path[NR] = $0; label[NR] = $2; if (!($2 in seen)) { seen[$2] = 1; class[classes++] = $2 } }
  END {
    srand(7)
    print "path,label" > "planted.csv"
    print "path,label,truth" > "planted_truth.csv"
    for (i = 1; i <= NR; ++i) {
      wrong = label[i]
      if (rand() < 0.05) {
        while (wrong == label[i]) wrong = class[int(rand() * classes)]
        print path[i] "," wrong "," label[i] > "planted_truth.csv"
      }
      print path[i] "," wrong > "planted.csv"
    }
  }'
echo "$(($(wc -l < planted_truth.csv) - 1)) wrong labels among $(($(wc -l < planted.csv) - 1))"
