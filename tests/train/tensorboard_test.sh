#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# TensorBoard itself reads the event files of a run that was cut and resumed.
#   tensorboard_test.sh FOLDER_OF_EXECUTABLES SOURCE_FOLDER
# Skipped where Python has no package tensorboard: LIMN_TENSORBOARD_PYTHON names one that has it,
# tests/train/install_tensorboard makes one.
set -u
bin=$1 source=$2
python=
for candidate in "${LIMN_TENSORBOARD_PYTHON:-}" "$source/build/tensorboard/bin/python" python3; do
  if [ "$candidate" ] && "$candidate" -c 'import tensorboard' 2>/dev/null; then
    python=$candidate && break
  fi
done
if [ ! "$python" ]; then
  echo "skipped: no Python here has the package tensorboard (tests/train/install_tensorboard)"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
train() {
  "$bin/ugatit-train" --data "$source/examples/data/emoji2cartoon" --out run "$@" >>out 2>&1 ||
    { cat out; exit 1; }
}
train --size 16 --channels 2 --blocks 1 --steps 20 --log-every 1 --sheet-every 5 --save-every 0 \
  --tensorboard --stop-after 10
cp run/latest.safetensors at_10
train --resume --log-every 1 --sheet-every 5 --save-every 0 --tensorboard --stop-after 13
cp at_10 run/latest.safetensors
train --resume --log-every 1 --sheet-every 5 --save-every 0 --tensorboard
"$python" "$source/tests/train/read_tensorboard.py" run
