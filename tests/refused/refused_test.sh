#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What must not compile says so in one sentence of ours, with g++ and clang++; the same with RIGHT
# defined compiles, so that the sentence is the only reason.
#   refused_test.sh FOLDER_OF_EXECUTABLES SOURCE_FOLDER
set -u
source=$2
failures=0 compilers=()
for compiler in g++ clang++; do
  if command -v "$compiler" >/dev/null; then compilers+=("$compiler"); fi
done
if [ ${#compilers[@]} = 0 ]; then
  echo "skipped: neither g++ nor clang++ is here"
  exit 77
fi
for compiler in "${compilers[@]}"; do
  for case in "$source"/tests/refused/*.cpp; do
    check=("$compiler" -std=c++20 -fsyntax-only -I"$source/include" "$case")
    sentence=$(sed -n 's,^// says: ,,p' "$case")
    said=$("${check[@]}" 2>&1)
    code=$?
    # a compiler breaks no line of a message, whatever its length
    if [ $code = 0 ] || ! grep -qF -- "$sentence" <<<"$said"; then
      echo "FAILED: $compiler, $(basename "$case"): exit code $code, not '$sentence'"
      head -n 12 <<<"$said"
      failures=$((failures + 1))
    fi
    if ! said=$("${check[@]}" -DRIGHT 2>&1); then
      echo "FAILED: $compiler, $(basename "$case"): what is right is refused too"
      grep -m 5 error <<<"$said"
      failures=$((failures + 1))
    fi
  done
done
[ $failures = 0 ] || exit 1
echo "all as expected: ${compilers[*]}"
