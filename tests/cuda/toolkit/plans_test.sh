#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# limn-plans: every convolution of U-GAT-IT has a plan on every card that limn knows; what has none
# is named, and fails. plans_test.sh FOLDER_OF_THE_PROGRAMS
set -euo pipefail
plans=$1/limn-plans
out=$(mktemp)
trap 'rm -f "$out"' EXIT

fail() { # MESSAGE
  echo "FAILED: $1" >&2
  tail -n 20 "$out" >&2
  exit 1
}
expect() { # EXIT_CODE ARGUMENT...: runs limn-plans, output in $out
  local code=0 wanted=$1
  shift
  "$plans" "$@" >"$out" 2>&1 || code=$?
  [ "$code" = "$wanted" ] || fail "limn-plans $* gave $code, not $wanted"
}
has() { grep -qE -- "$1" "$out" || fail "no line '$1'"; }

for card in h100 a100 rtx4090 b200; do
  expect 0 --card "$card"
  tail -n 1 "$out" | grep -E '^([0-9]+) convolutions, \1 planned$' >/dev/null || fail "$card: last line"
  lines=$(grep -cE "^$card +(gen|dis)" "$out")
  [ "$(tail -n 1 "$out")" = "$lines convolutions, $lines planned" ] || fail "$card: $lines lines"
  # both sizes, with all three directions of both precisions, in both networks
  for what in 'genA2B\.UpBlock1_1\.conv1 .*x \(1,66,66,256\).*data +bf16 tensor' \
    'genA2B\.UpBlock1_1\.conv1 .*x \(16,34,34,256\).*weights +tf32 tensor' \
    'disGA\.model\.16 .*w \(2048,4,4,1024\).*forward +bf16 tensor'; do
    has "$what"
  done
  sed -n 's/^'"$card"': //p' "$out" | sed "s/^/$card: /"
done
# without tensor cores, as strict maths asks for
expect 0 --card h100 --precision fp32 --variant light
has 'cuDNN [0-9.]+, 0 on tensor cores'
if grep -qE ' fp32 tensor ' "$out"; then fail "tensor cores in fp32"; fi

# what has no plan is named, and fails
expect 1 --card h100 --variant light --size 128 --batch 1 --most-workspace 1000
has 'h100: NO PLAN for genA2B\.DownBlock\.1 .*x \(2,128,128,3\), weights \(64,7,7,3\), forward, tf32'
tail -n 1 "$out" | grep -E '^([0-9]+) convolutions, [0-9]+ planned$' >/dev/null || fail "last line"
if tail -n 1 "$out" | grep -E '^([0-9]+) convolutions, \1 planned$' >/dev/null; then fail "all planned"; fi
# wrong use in a sentence
expect 1 --card toaster
has "^limn-plans: .*card 'toaster' is none of h100"
expect 2 --variant heavy
has "^limn-plans: variant 'heavy' is unknown"
expect 2 --precision fp16
echo "limn-plans: passed"
