#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# GANs of one's own as people use them: a few steps, a resume that gives the same bytes, bad input.
#   variants_test.sh FOLDER_OF_EXECUTABLES SOURCE_FOLDER
source "$(dirname "$0")/expect.sh" "$@"

few_pictures 3

# variant PROGRAM DATA SMALL_OPTIONS...
variant() {
  local program=$1 data=$2 small=("${@:3}")
  local run=("$bin/$program" --data "$data" --threads 1)
  echo "-- $program"
  expect 0 '--resume' "$bin/$program" --help
  expect 2 '--data is required' "$bin/$program" --out x
  expect 2 '--out is missing' "${run[@]}"
  expect 2 'nonsense' "${run[@]}" --out x --nonsense 1
  expect 2 "--steps 'x'" "${run[@]}" --out x --steps x
  expect 2 'size' "${run[@]}" --out x --size 34
  expect 1 'nowhere.*there is no such folder' "$bin/$program" --data nowhere --out x
  expect 1 'there is no run here' "${run[@]}" --out x --resume
  [ ! -e x ] || fail "$program: what was refused left a folder"
  expect 0 '^peak [0-9]+ bytes$' "${run[@]}" --plan "${small[@]}"

  expect 0 'finished step 4' "${run[@]}" --out "$program-a" --steps 4 --sheet-every 4 "${small[@]}"
  for file in log.csv report.html latest.safetensors sheets/step_0000004.png; do
    [ -s "$program-a/$file" ] || fail "$program: no $file"
  done
  expect 0 'stopped at step 2' "${run[@]}" --out "$program-b" --steps 4 --stop-after 2 "${small[@]}"
  expect 2 'there is a run here already' "${run[@]}" --out "$program-b" "${small[@]}"
  expect 2 'contradicts the run' "${run[@]}" --out "$program-b" --resume --seed 9
  expect 0 'finished step 4' "${run[@]}" --out "$program-b" --resume
  cmp -s "$program-a/latest.safetensors" "$program-b/latest.safetensors" ||
    fail "$program: a resumed training ends with other bytes"
  expect 0 'has finished' "${run[@]}" --out "$program-b" --resume
}
variant cyclegan data --size 32 --channels 2 --blocks 1 --pool 2
variant gray16 data --size 24 --channels 2 --blocks 1
# translations keep names, size and 16 bits of gray; --translate makes the same from a checkpoint
gray16=("$bin/gray16" --data data --threads 1)
for way in A2B B2A; do
  for file in data/test"${way:0:1}"/*.png; do
    png=gray16-b/translations/$way/$(basename "$file")
    got=$(od -An -tu1 -j16 -N10 "$png" | xargs) # width, height, depth, kind of colours
    [ "$got" = '0 0 0 24 0 0 0 24 16 0' ] || fail "gray16: $png: $got"
  done
done
expect 0 '--translate' "$bin/gray16" --help
mv gray16-b/translations first
expect 0 '3 translations in gray16-b/translations/B2A' "${gray16[@]}" --out gray16-b --translate
diff -r first gray16-b/translations || fail "gray16: --translate writes other pictures"
expect 2 '--resume excludes --translate' "${gray16[@]}" --out gray16-b --resume --translate
expect 2 '--sheet-every' "${gray16[@]}" --out gray16-b --sheet-every 5 --translate
expect 2 '--translate' "$bin/cyclegan" --data data --out cyclegan-b --translate
expect 1 'there is no run here' "${gray16[@]}" --out x --translate
expect 1 "is of kind 'CycleGAN training'" "${gray16[@]}" --out cyclegan-b --translate
rm -r gray16-b/translations && touch gray16-b/translations
expect 1 'translations/A2B: cannot be made a folder' "${gray16[@]}" --out gray16-b --translate
mkdir part && cp -r data/trainA data/trainB part
expect 0 'testA: there is no such folder.*' "$bin/gray16" --data part --out gray16-b --translate
expect 0 'stopped at step 1' "${gray16[@]}" --out cut --size 24 --channels 2 --stop-after 1
[ ! -e cut/translations ] || fail 'gray16: a training that is not finished translates'
variant my-gan data/trainB --size 24 --channels 4 --latent 8 --batch 2
variant dcgan data/trainB --size 16 --channels 4 --latent 8 --batch 2
expect 1 "is of kind 'DCGAN training', not 'my GAN training'" "$bin/my-gan" --data data/trainB \
  --out dcgan-a --resume

[ $failures = 0 ] || exit 1
echo "all as expected"
