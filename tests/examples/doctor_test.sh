#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ugatit-doctor as people use it: exit codes, what is printed where, files.
#   doctor_test.sh FOLDER_OF_EXECUTABLES SOURCE_FOLDER
source "$(dirname "$0")/expect.sh" "$@"
doctor=$bin/ugatit-doctor
bundled=$source/examples/data/emoji2cartoon

expect 0 '--montage' "$doctor" --help
expect 2 'DATA is required' "$doctor"
expect 2 'nonsense' "$doctor" --nonsense 1 x
expect 2 "fit 'x'" "$doctor" --fit x "$bundled"
expect 1 'missing: No such file' "$doctor" missing
expect 0 'are fine to train with' "$doctor" --size 128 --montage none.png "$bundled"
[ ! -s err ] && [ ! -e none.png ] || { echo "FAILED: something on stderr, or an empty montage"; failures=1; }

cp -r "$bundled" data
head -c 500 "$bundled/trainA/$(ls "$bundled/trainA" | sed -n 1p)" >"data/trainA/half.png"
{ printf 'P6 64 64 255\n' && head -c 12000 /dev/zero && head -c 288 /dev/zero | tr '\0' '\377'; } \
  >data/trainB/halves.ppm
expect 0 'trainA/half.png: the PNG is truncated' "$doctor" --json data.json --montage montage.png data
cp out said
expect 0 'trainB/halves.ppm: much' cat said
expect 0 '"trainable": true' cat data.json
expect 0 'PNG' head -c 4 montage.png
rm -r data/trainA
expect 1 'error: Folders without pictures' "$doctor" data
expect 1 'no/data.json' "$doctor" --json no/data.json "$bundled"

echo "$failures failures"
[ $failures = 0 ]
