#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The C interface, from C and from Python: the bytes of ugatit-translate's pictures, and refusals.
source "$(dirname "${BASH_SOURCE[0]}")/../examples/expect.sh" "$1" "$2"
here=$source/tests/c
library=$(find "$bin/.." -maxdepth 1 -name 'liblimn.so')
if [ -z "$library" ]; then
  echo "skipped: liblimn is not built (LIMN_BUILD_C)"
  exit 77
fi
version=$(sed -n 's/^#define LIMN_VERSION "\(.*\)"/\1/p' "$source/include/limn/core/config.hpp")

mkdir -p data/train{A,B} data/test{A,B} in
pictures=$source/examples/data/emoji2cartoon
for kind in trainA trainB; do
  find "$pictures/$kind" -name '*.png' | sort | sed -n 1,2p | xargs cp -t "data/$kind"
done
# a picture that is no square
{
  printf 'P6\n53 41\n255\n'
  head -c $((53 * 41 * 3)) "$(find "$pictures/testA" -name '*.png' | sort | sed -n 1p)" "$source/README.md" 2>/dev/null |
    head -c $((53 * 41 * 3))
} >in/picture.ppm
expect 0 'finished step 2' "$bin/ugatit-train" --data data --out run --size 32 --channels 4 \
  --blocks 1 --steps 2 --threads 1 --sheet-every 0
expect 0 'A2B' "$bin/ugatit-export" --model run --direction A2B a2b.safetensors

for fit in squash pad crop; do
  expect 0 '1 picture' "$bin/ugatit-translate" --model a2b.safetensors --out "$fit" --fit "$fit" \
    --heatmap --threads 1 in/picture.ppm
  expect 0 "limn $version: A2B, size 32, 4 channels, averaged weights" \
    "$bin/limn-c-interface" translate a2b.safetensors in/picture.ppm c.ppm "$fit" heat.ppm
  cmp c.ppm "$fit/picture.ppm" || fail "C translates to other bytes than ugatit-translate: $fit"
  cmp heat.ppm "$fit/heatmaps/picture.ppm" || fail "C makes another heatmap: $fit"
done
expect 0 '^passed$' "$bin/limn-c-interface" refuse a2b.safetensors
expect 0 '^passed$' "$bin/limn-c-interface" together a2b.safetensors in/picture.ppm
# both directions are in a run: which one must be said
expect 1 'has both directions' "$bin/limn-c-interface" translate run in/picture.ppm c.ppm squash

if command -v python3 >/dev/null; then
  expect 0 '^passed$' python3 "$here/interface.py" "$library" "$version" a2b.safetensors in/picture.ppm py.ppm
  cmp py.ppm squash/picture.ppm || fail "Python gets other bytes than ugatit-translate"
else
  echo "python3 is not here: its part is left out"
fi

# the library shows its own functions and nothing else
if command -v nm >/dev/null; then
  others=$(nm -D --defined-only "$library" | awk '{ print $3 }' | grep -v '^limn_[a-z_]*$')
  [ -z "$others" ] || fail "liblimn shows more than limn.h: $others"
fi
# and is small: networks and kernels of all processors, and what reads models
if command -v strip >/dev/null; then
  strip -o stripped "$library"
  [ "$(stat -c %s stripped)" -le 3000000 ] || fail "liblimn has $(stat -c %s stripped) bytes, stripped"
fi
exit $((failures > 0))
