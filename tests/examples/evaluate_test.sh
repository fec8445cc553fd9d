#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ugatit-evaluate as people use it: folders, a model, features; exit codes and bad input.
#   evaluate_test.sh FOLDER_OF_EXECUTABLES SOURCE_FOLDER
source "$(dirname "$0")/expect.sh" "$@"
# expect_scores CODE PATTERN ARGUMENTS...
expect_scores() {
  local code=$1 pattern=$2
  shift 2
  expect "$code" "$pattern" "$bin/ugatit-evaluate" "$@"
}
# score FILE NAME: a value of a JSON file
score() {
  python3 -c 'import json, sys
result = next(iter(json.load(open(sys.argv[1]))["results"].values()))
print(result[sys.argv[2]]["value"])' "$1" "$2"
}
less() { python3 -c 'import sys; sys.exit(not float(sys.argv[1]) < float(sys.argv[2]))' "$1" "$2"; }

mkdir -p data
for folder in trainA trainB testA testB; do
  mkdir data/$folder
  find "$source/examples/data/emoji2cartoon/$folder" -name '*.png' | sort | sed -n 1,6p |
    xargs -I{} cp {} data/$folder
done

echo "-- help and wrong command lines"
expect_scores 0 '--features-real' --help
expect_scores 2 'give one of' 
expect_scores 2 '--real is missing: --fake needs it' --fake data/testA
expect_scores 2 '--data is missing: --model needs it' --model run
expect_scores 2 '--features-fake is missing' --features-real f
expect_scores 2 'give one of' --fake a --real b --model m --data d
expect_scores 2 '--direction is for --model' --fake a --real b --direction A2B
expect_scores 2 '--feature-network is for pictures' --features-fake a --features-real b --feature-network n
expect_scores 2 'fid-parts' --fake a --real b --fid-parts 1
expect_scores 2 'ssim' --fake a --real b --ssim box
expect_scores 2 'size 5 does not work' --fake data/testA --real data/testB --size 5
expect_scores 2 "direction 'AB'" --model m --data d --direction AB

echo "-- folders"
expect_scores 1 'absent: there is no such folder' --fake absent --real data/testB
expect_scores 1 'not a valid safetensors' --fake data/testA --real data/testB \
  --feature-network "$(find data/testA -name '*.png' | sed -n 1p)"
expect_scores 1 'absent.safetensors: .*No such file' --fake data/testA --real data/testB --feature-network absent.safetensors
expect_scores 0 '6 pictures against 6, 6 pairs' --fake data/testA --real data/testB --json a.json
grep -q 'not comparable with published' out || fail "the label is missing"
expect_scores 0 '6 of them equal' --fake data/testB --real data/testB --json b.json
less 0.999999999 "$(score b.json ssim)" || fail "SSIM of equal pictures is $(score b.json ssim)"
less "$(score b.json kid)" "$(score a.json kid)" || fail "testA scores better than testB itself"
less "$(score b.json l1)" "$(score a.json l1)" || fail "L1 does not see a difference"
expect_scores 0 'SSIM' --fake data/testA --real data/testB --ssim gaussian --json g.json
[ "$(score g.json ssim)" != "$(score a.json ssim)" ] || fail "--ssim changes nothing"
"$bin/ugatit-evaluate" --fake data/testA --real data/testB --json c.json >/dev/null 2>&1
cmp -s a.json c.json || fail "the same pictures give other scores"
cp -r data/testA spoiled && echo nothing >spoiled/"$(ls spoiled | sed -n 1p)"
expect_scores 1 'left out of the scores' --fake spoiled --real data/testB
grep -q '5 pictures against 6, 5 pairs' out || fail "the others are not scored"
mkdir two && cp "$(find data/trainA -name '*.png' | sort | sed -n 1p)" two/x.png && cp two/x.png two/y.png
expect_scores 1 'nothing to compare' --fake two --real data/testB
expect_scores 1 'cannot be|opening failed|No such file' --fake data/testA --real data/testB --json no/such/x.json

echo "-- a model"
"$bin/ugatit-train" --data data --out run --size 16 --channels 2 --blocks 1 --steps 2 \
  --sheet-every 0 >out 2>&1 || fail "training"
expect_scores 0 'translations: 6 pictures against 6, 6 pairs' --model run --data data --json m.json
grep -q 'inputs as they are: 6 pictures' out || fail "no comparison with the inputs"
expect_scores 0 'translations: 6 pictures' --model run --data data --direction B2A
"$bin/ugatit-export" --model run --direction B2A b2a.safetensors >/dev/null
expect_scores 0 'translations: 6 pictures' --model b2a.safetensors --data data
expect_scores 2 'translates B2A, not A2B' --model b2a.safetensors --data data --direction A2B
expect_scores 1 'there is no such run' --model absent --data data
expect_scores 1 'testA: there is no such folder' --model run --data absent

echo "-- while training"
train() { "$bin/ugatit-train" --data data --size 16 --channels 2 --blocks 1 --sheet-every 0 "$@"; }
train --out best --steps 3 --evaluate-every 1 >out 2>err || fail "a run with --evaluate-every"
[ "$(grep -c 'scores of step' out)" = 3 ] || fail "not three lines of scores"
[ -s best/best.safetensors ] || fail "no best.safetensors"
grep -q '"best.by":"kid"' best/latest.safetensors || fail "the checkpoint does not know the best"
expect_scores 0 'translations: 6 pictures' --model best/best.safetensors --data data
train --out other --steps 1 --best-by ssim >out 2>err && fail "--best-by without --evaluate-every"
grep -q 'needs --evaluate-every' err || fail "does not say what --best-by needs"
train --out other --steps 1 --evaluate-every 1 --best-by psnr >out 2>err && fail "--best-by psnr"
grep -q 'none of kid, ssim, l1' err || fail "does not say what --best-by may be"

echo "-- features of any extractor"
features() { # FILE ROWS COLUMNS SHIFT
  python3 -c 'import json, math, struct, sys
path, rows, columns, shift = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
values = [math.sin(7.3 * i * i) + shift for i in range(rows * columns)]
header = json.dumps({"f": {"dtype": "F32", "shape": [rows, columns], "data_offsets": [0, 4 * len(values)]}}).encode()
open(path, "wb").write(struct.pack("<Q", len(header)) + header + struct.pack("<%df" % len(values), *values))' "$@"
}
features near.safetensors 20 4 0.1
features far.safetensors 30 4 1
features real.safetensors 25 4 0
features wide.safetensors 25 5 0
expect_scores 0 'features: 20 pictures against 25' --features-fake near.safetensors \
  --features-real real.safetensors --json n.json
expect_scores 0 'KID' --features-fake far.safetensors --features-real real.safetensors --json f.json
less "$(score n.json kid)" "$(score f.json kid)" || fail "KID of near and far features"
less "$(score n.json fid)" "$(score f.json fid)" || fail "FID of near and far features"
expect_scores 1 'one extractor must make both' --features-fake wide.safetensors \
  --features-real real.safetensors
expect_scores 1 'a file of features has one tensor' --features-fake b2a.safetensors \
  --features-real real.safetensors

[ $failures = 0 ] || exit 1
echo "all as expected"
