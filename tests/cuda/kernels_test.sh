#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The primitives' table on the emulated GPU, and that a row of it launches every kernel in the headers.
#   kernels_test.sh BIN SOURCE
set -euo pipefail
bin=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# kernels are structs of a namespace (not indented) with a body for blocks; device.hpp has the one that asks a card
# whether the program has code for it
find "$source/include/limn/cuda" -name '*.hpp' -not -name device.hpp -not -name 'cu[bd]*_*.hpp' -print0 | xargs -0 awk '
  FNR == 1 {name = ""}
  /^(struct|class) [A-Za-z]/ {name = $2}
  /^  .*operator\(\)\(Block& block\) const/ {print name}' | sed 's/[^A-Za-z0-9].*//' | grep . | sort -u >"$work/written"

LIMN_TEST_LAUNCHED="$work/names" "$bin/limn-test-cuda" --test-suite-exclude=long --test-case='*table*,*step*' >"$work/log" || {
  tail -n 100 "$work/log" >&2
  exit 1
}
sed 's/<.*//; s/.*:://' "$work/names" | sort -u >"$work/launched"

missing=$(comm -23 "$work/written" "$work/launched")
count=$(wc -l <"$work/written")
if [ "$count" -lt 20 ]; then
  echo "only $count kernels were found in the headers: has their form changed?" >&2
  exit 1
fi
if [ -n "$missing" ]; then
  echo "kernels without a row in the table:" $missing >&2
  exit 1
fi
echo "$count kernels, each with a row"
