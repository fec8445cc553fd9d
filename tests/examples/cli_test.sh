#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The programs as people use them: exit codes, bad input, what is printed where, signals.
#   cli_test.sh FOLDER_OF_EXECUTABLES SOURCE_FOLDER
source "$(dirname "$0")/expect.sh" "$@"
check() { "$@" || fail "$*"; }
same() { cmp -s "$1" "$2" || fail "$1 and $2 differ"; }
# all but the time column
log() { cut -d, -f1,3- "$1/log.csv"; }

few_pictures 5
small=(--size 16 --channels 2 --blocks 1 --sheet-every 0)
train() { "$bin/ugatit-train" --data data "$@"; }
translate() { "$bin/ugatit-translate" "$@"; }
export_() { "$bin/ugatit-export" "$@"; }

echo "-- help and wrong command lines"
for program in ugatit-train ugatit-translate ugatit-export; do
  expect 0 '--direction|--data' "$bin/$program" --help
done
expect 0 'report.html' "$bin/ugatit-report" --help
expect 2 'RUN is required' "$bin/ugatit-report"
expect 1 'nowhere: there is no such folder' "$bin/ugatit-report" nowhere
mkdir empty
expect 1 'empty: there is no run here' "$bin/ugatit-report" empty
check [ ! -e empty/report.html ]
expect 2 '--nonsense' train --out run --nonsense 1
expect 2 'nonsense' translate --model m --direction A2B --out t --nonsense 1 x
expect 2 'nonsense' export_ --model m --direction A2B x --nonsense 1
expect 2 '--model is required' translate
expect 2 '--out is missing' train
expect 2 '--data is missing' "$bin/ugatit-train" --out run
expect 2 "--size.* 'x'" train --out run --size x
expect 2 'size 18 does not work' train --out run --size 18
expect 2 'size' train --out run --size 1000000000
expect 2 'huge' train --out run --variant huge
expect 2 'fit' train --out run --fit stretch
expect 2 'precision' train --out run --precision fp8
expect 2 'stash' train --out run --stash fp8
expect 2 'stash bf16 is for precision fp32' train --plan --precision fp64 --stash bf16
expect 2 'maths' train --out run --maths exact
expect 2 'precision' translate --model m --direction A2B --out t --precision fp16 x
expect 2 'maths' translate --model m --direction A2B --out t --maths exact x
expect 2 'steps' train --out run --steps 0
expect 2 '--lr' train --out run --lr -1
expect 2 '--lr' train --out run --lr nan
expect 2 '--pool contradicts --variant' train --out run --pool 4
expect 2 'threads' train --out run --threads -1
expect 2 'keep' train --out run --keep 0
expect 2 "--device 'tpu' is unknown" train --out run --device tpu
expect 2 "--device 'tpu' is unknown" translate --model m --direction A2B --out t --device tpu x
expect 2 'precision tf32 is for --device cuda' train --out run --precision tf32
expect 2 'precision tf32 is for --device cuda' translate --model m --direction A2B --out t \
  --precision tf32 x
expect 2 '--maths strict contradicts --precision tf32' train --out run --device cuda \
  --maths strict --precision tf32
expect 2 'maths split is for --device cpu' train --out run --device cuda --maths split
expect 2 'maths split is for precision fp32, not bf16' train --out run --precision bf16 \
  --maths split
expect 2 'maths split is for precision fp32, not fp64' train --plan --precision fp64 --maths split
expect 2 '--maths fast contradicts --precision fp32' train --out run --precision fp32 \
  --maths fast --device cuda
expect 2 "precision 'fp8' is none of tf32" train --out run --device cuda --precision fp8
expect 2 'precision fp64 is for --device cpu' train --out run --device cuda --precision fp64
expect 2 '--threads is for --device cpu' train --out run --device cuda --threads 2
expect 2 '--threads is for --device cpu' translate --model m --direction A2B --out t \
  --device cuda --threads 2 x
expect 2 '--card is for --plan' train --out run --device cuda --card h100
expect 2 '--card is for --plan' train --plan --card h100
expect 2 'none.ini' train --out run --config none.ini
echo 'nonsense = 3' >bad.ini
expect 2 'nonsense' train --out run --config bad.ini
printf '[train]\nsteps = 3\n' > sections.ini
expect 2 'a file of options has no sections' train --out run --config sections.ini
check [ ! -e run ]

echo "-- a GPU: one sentence where there is none"
cuda=$("$bin/ugatit-train" --plan --device cuda --card h100 "${small[@]}" 2>&1)
code=$?
if [ $code = 0 ]; then # built with CUDA: plans for any card, and runs where there is one
  check grep -qE '^peak [0-9]+ bytes$' <<<"$cuda"
  expect 1 "card 'vax' is none of" train --plan --device cuda --card vax
  if ! ls /dev/nvidia0 >/dev/null 2>&1; then
    expect 1 'CUDA|driver|card' train --out gpu --device cuda "${small[@]}"
    check [ "$(wc -l <err)" = 1 ]
  fi
else
  check [ $code = 1 ]
  check grep -q 'this program was built without CUDA' <<<"$cuda"
  expect 1 'this program was built without CUDA' train --out gpu --device cuda "${small[@]}"
fi
check [ ! -e gpu ]

echo "-- training, resuming, refusing"
expect 0 'finished step 20' train --out whole "${small[@]}" --steps 20
expect 0 'stopped at step 10' train --out cut "${small[@]}" --steps 20 --stop-after 10
expect 0 'finished step 20' train --out cut --resume --sheet-every 0 --threads 2
same whole/latest.safetensors cut/latest.safetensors
check [ "$(log whole)" = "$(log cut)" ]
check [ "$(cut -d, -f1 whole/log.csv | xargs)" = 'step 1 10 20' ]
expect 0 'has finished' train --out whole --resume
expect 2 '--resume' train --out whole "${small[@]}"
expect 2 '--channels 4 contradicts' train --out whole --resume --channels 4
expect 2 '--maths strict contradicts' train --out whole --resume --maths strict
expect 2 '--steps 5 lies before' train --out whole --resume --steps 5
expect 0 'steps goes from 20 to 24.*learning rate' train --out whole --resume --steps 24 \
  --sheet-every 0
expect 1 'no such run' train --out nowhere --resume
mkdir logged && echo 'step' >logged/log.csv
expect 1 'no run here' train --out logged --resume
expect 0 'finished step 1' train --out logged "${small[@]}" --steps 1
printf 'size = 16\nchannels = 2\nblocks = 1\nsteps = 2\nsheet-every = 1\n' >good.ini
expect 0 'sheet .*step_0000002.png' train --out config --config good.ini
check [ -s config/sheets/step_0000001.png ]

expect 0 'bf16' train --out bf16 "${small[@]}" --steps 4 --stop-after 2 --precision bf16
expect 0 'finished step 4' train --out bf16 --resume --sheet-every 0
expect 2 '--precision fp32 contradicts' train --out bf16 --resume --precision fp32

echo "-- few pictures"
expect 0 'finished step 2' train --out few "${small[@]}" --steps 2 --diff-augment cutout,color \
  --accumulate 2 --ema 0
expect 2 '--diff-augment none contradicts' train --out few --resume --diff-augment none
expect 0 'finished step 2' train --out hinge "${small[@]}" --steps 2 --gan-type hinge
expect 2 '--gan-type gan contradicts' train --out hinge --resume --gan-type gan
expect 2 "gan-type 'wgan' is unknown; there are lsgan, gan, hinge, wgan-gp" train --out none \
  "${small[@]}" --gan-type wgan
expect 0 'finished step 2' train --out penalized "${small[@]}" --steps 2 --gan-type dragan \
  --critic-steps 2 --critic-lr 4 --lambda-penalty 5
check grep -q D_penalty_LB penalized/log.csv
expect 2 '--critic-steps 1 contradicts' train --out penalized --resume --critic-steps 1
expect 2 '--critic-lr 1 contradicts' train --out penalized --resume --critic-lr 1
expect 2 '--lambda-penalty contradicts --gan-type hinge' train --out none "${small[@]}" \
  --gan-type hinge --lambda-penalty 5
expect 2 '--critic-steps.*64' train --out none "${small[@]}" --critic-steps 65
expect 0 'finished step 2' train --out sharp "${small[@]}" --steps 2 --residual on --lr 0.0001
for option in 'lambda-cycle": *"4"' 'lambda-identity": *"4"' 'lr": *"0.0001"' 'critic-lr": *"10"'; do
  check grep -aq "option.$option" sharp/latest.safetensors
done
expect 2 '--residual off contradicts' train --out sharp --resume --residual off
expect 0 'finished step 2' train --out tf "${small[@]}" --steps 2 --adalin-smoothing on \
  --compat tensorflow,no-padding
expect 0 'finished step 2' train --out plain "${small[@]}" --steps 2 --spectral-norm off
expect 0 'finished step 1' train --out whole-tf "${small[@]}" --steps 1 --spectral-norm off \
  --compat tensorflow
expect 2 '--compat spectral-epsilon contradicts --spectral-norm off' train --out none "${small[@]}" \
  --spectral-norm off --compat conv-bias,spectral-epsilon
expect 2 '--compat torch contradicts' train --out tf --resume --compat torch
expect 2 '--spectral-norm on contradicts' train --out plain --resume --spectral-norm on
expect 2 "'shared' is neither torch nor tensorflow nor one of shared-cam" train --out none \
  "${small[@]}" --compat conv-bias,shared
expect 2 "spectral-norm 'no' is neither on nor off" train --out none "${small[@]}" --spectral-norm no
expect 2 "diff-augment 'colour'.*color, translation and cutout" train --out none "${small[@]}" \
  --diff-augment colour
expect 2 '--accumulate.*64' train --out none "${small[@]}" --accumulate 65
expect 2 'ema must be' train --out none "${small[@]}" --ema 1
expect 0 'begins with [0-9]+ of [0-9]+ tensors from whole/.*averaged weights' train --out warm \
  --size 32 --channels 2 --blocks 1 --steps 1 --sheet-every 0 --init whole
expect 2 '--init is for the beginning.*--resume' train --out warm --resume --init whole
expect 2 'nothing in it fits this model' train --out none --size 16 --channels 3 --blocks 1 \
  --init whole
expect 1 'no such run or file' train --out none "${small[@]}" --init nowhere
check [ ! -e none/latest.safetensors ]

echo "-- other data, damaged checkpoints"
same_before=$(cksum <cut/latest.safetensors)
cp -r data other && mv other/trainA/"$(ls other/trainA | sed -n 1p)" other/trainA/x.png
expect 2 'is not there any more' "$bin/ugatit-train" --data other --out cut --resume --steps 40
check [ "$same_before" = "$(cksum <cut/latest.safetensors)" ]
mkdir broken
head -c 1000 whole/latest.safetensors >broken/latest.safetensors
expect 1 'broken/latest.safetensors' train --out broken --resume
expect 1 'broken/latest.safetensors' translate --model broken --direction A2B --out t data/testA
head -c -1 whole/latest.safetensors >broken/latest.safetensors
expect 1 'broken/latest.safetensors' train --out broken --resume
cp good.ini broken/latest.safetensors
cp -r cut mended && printf x | dd of=mended/latest.safetensors bs=1 seek=9000 conv=notrunc status=none
expect 0 'mended/latest.safetensors.*step_0000010.safetensors of step 10' \
  train --out mended --resume --sheet-every 0
same whole/step_0000020.safetensors mended/latest.safetensors
expect 1 'not a valid safetensors file' train --out broken --resume
expect 1 'not a valid safetensors file' translate --model good.ini --direction A2B --out t data/testA

if [ $code = 1 ]; then
  expect 1 'this program was built without CUDA' translate --model whole --direction A2B --out t \
    --device cuda data/testA
fi

echo "-- missing, empty, unwritable"
expect 1 'there is no such folder' "$bin/ugatit-train" --data missing --out run
mkdir -p empty/trainA empty/trainB
expect 1 'holds no picture' "$bin/ugatit-train" --data empty --out run
echo text >empty/trainA/a.png && cp empty/trainA/a.png empty/trainB
expect 1 'none of its 1 pictures' "$bin/ugatit-train" --data empty --out run "${small[@]}"
expect 1 '/dev/full' train --out /dev/full "${small[@]}"
expect 1 '/proc/run' train --out /proc/run "${small[@]}"
expect 1 '/proc' translate --model whole --direction A2B --out /proc/x data/testA
expect 1 '/dev/full' export_ --model whole --direction A2B /dev/full/x.safetensors
# files may not grow beyond 100 KiB: the checkpoint does not fit, the older one stays
before=$(cksum <cut/latest.safetensors)
expect 1 'latest.safetensors: writing failed' bash -c \
  "ulimit -f 100; '$bin/ugatit-train' --data data --out cut --resume --steps 22 --sheet-every 0"
check [ "$before" = "$(cksum <cut/latest.safetensors)" ]
check grep -q 'the checkpoint of step 20 is still there' err
check [ "$(ls cut)" = "$(printf '%s\n' events.jsonl latest.safetensors log.csv report.html step_0000010.safetensors)" ]

echo "-- Ctrl-C"
"$bin/ugatit-train" --data data --out stopped "${small[@]}" --steps 1000000 --log-every 1 \
  >out 2>err &
pid=$!
until grep -qs '^step 3/' out || ! kill -0 $pid; do sleep 0.05; done
check grep -q "another training is writing here (process $pid" <(train --out stopped "${small[@]}" 2>&1)
kill -INT $pid
wait $pid
code=$?
check [ $code = 130 ]
check grep -q 'interrupted at step .*--resume' out
check [ ! -e stopped/run.lock ]
check [ -s stopped/latest.safetensors ]
expect 0 '^peak' "$bin/ugatit-train" --out stopped --resume --plan
expect 2 'contradicts' train --out stopped --resume --size 32

echo "-- the plan"
"$bin/ugatit-train" --plan "${small[@]}" >out 2>err
check [ $? = 0 ]
check grep -qE '^peak [0-9]+ bytes$' <(tail -n 1 out)
check grep -qE '^time per step [0-9.e-]+ s ' out
check grep -qE '^disk [0-9.e-]+ GB for checkpoints' out
# how much memory kernels need depends on the processor
peak=$(tail -n 1 out | grep -oE '[0-9]+')
expect 0 '--channels 1 .*peak' "$bin/ugatit-train" --plan "${small[@]}" \
  --memory "$(awk "BEGIN { print $peak * 0.9e-9 }")"
expect 0 'nothing near it fits' "$bin/ugatit-train" --plan "${small[@]}" --memory 0.0001
expect 2 '--memory is for --plan' train --out run --memory 1

echo "-- export and translation"
expect 0 'A2B' export_ --model whole --direction A2B a2b.safetensors
expect 2 'direction' export_ --model whole --direction AB x.safetensors
expect 0 'last weights' export_ --model whole --direction A2B last.safetensors --weights last
check [ "$(cksum <last.safetensors)" != "$(cksum <a2b.safetensors)" ]
expect 2 'averaged, last' translate --model whole --direction A2B --out t --weights best data/testA
expect 2 'has no averaged weights' translate --model few --direction A2B --out t \
  --weights averaged data/testA
expect 1 'no such run' export_ --model missing --direction A2B x.safetensors
expect 2 'translates A2B, not B2A' translate --model a2b.safetensors --direction B2A --out t data/testA
expect 2 'say which' translate --model whole --out t data/testA
expect 0 '5 pictures' translate --model whole --direction A2B --out t1 data/testA
expect 0 '5 pictures' translate --model a2b.safetensors --out t2 --heatmap data/testA
for picture in data/testA/*; do
  same "t1/${picture##*/}" "t2/${picture##*/}"
  check [ -s "t2/heatmaps/${picture##*/}" ]
done
for precision in fp64 bf16; do
  expect 0 '5 pictures' translate --model bf16 --direction B2A --out t-$precision \
    --precision $precision data/testB
done
good=$(ls data/testA | sed -n 1p)
mkdir mixed
cp "data/testA/$good" mixed/good.png
head -c 700 "data/testA/$good" >mixed/half.png
echo text >mixed/text.png
printf 'P6 1 1 255\nabc' >mixed/one.ppm
{ printf 'P6 60000 2 255\n' && head -c 360000 /dev/zero; } >mixed/wide.ppm
printf 'P6 60000 60000 255\n' >mixed/bomb.ppm
expect 1 'half.png.*skipped' translate --model whole --direction A2B --out t3 mixed nowhere.png
check grep -q 'bomb.ppm' err
check grep -q 'text.png' err
check grep -q 'nowhere.png' err
check [ "$(ls t3 | xargs)" = 'good.png one.ppm wide.ppm' ]
check [ "$(head -c 15 t3/wide.ppm | tr '\n' ' ')" = 'P6 60000 2 255 ' ]
check [ "$(head -c 7 t3/one.ppm | tr '\n' ' ')" = 'P6 1 1 ' ]
expect 2 'would be overwritten' translate --model whole --direction A2B --out mixed mixed
expect 2 'would both become' translate --model whole --direction A2B --out t4 mixed/good.png \
  "data/testA/../../mixed/good.png"

echo "$failures failures"
[ $failures = 0 ]
