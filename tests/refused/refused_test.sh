#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What must not compile says so in one sentence of ours, with g++ and clang++; the same with RIGHT
# defined compiles, so that the sentence is the only reason. All cases are one source, each in a
# namespace of its own, so that their headers are read once: each sentence is another one, and must
# be among what the compiler says.
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
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cases=("$source"/tests/refused/*.cpp)
{
  # what is included here is not included again inside of a namespace
  cat "${cases[@]}" | grep '^#include ' | sort -u
  for case in "${cases[@]}"; do
    printf 'namespace refused_%s {\n#include "%s"\n}\n' "$(basename "$case" .cpp)" "$case"
  done
} >"$scratch/all.cpp"
sed -n 's,^// says: ,,p' "${cases[@]}" | sort | uniq -d >"$scratch/twice"
if [ -s "$scratch/twice" ]; then
  echo "FAILED: two cases say the same: $(cat "$scratch/twice")"
  exit 1
fi
for compiler in "${compilers[@]}"; do
  check=("$compiler" -std=c++20 -fsyntax-only -I"$source/include" -I"$source/tests/refused"
         "$scratch/all.cpp")
  if [ "$compiler" = clang++ ]; then check+=(-ferror-limit=0); fi
  said=$("${check[@]}" 2>&1)
  for case in "${cases[@]}"; do
    sentence=$(sed -n 's,^// says: ,,p' "$case")
    # a compiler breaks no line of a message, whatever its length
    if [ -z "$sentence" ] || ! grep "error:" <<<"$said" | grep -F -- "$sentence" >/dev/null; then
      echo "FAILED: $compiler, $(basename "$case"): does not say '$sentence'"
      grep -F -A 3 -m 3 "$(basename "$case"):" <<<"$said"
      failures=$((failures + 1))
    fi
  done
  if ! said=$("${check[@]}" -DRIGHT 2>&1); then
    echo "FAILED: $compiler: what is right is refused too"
    grep -m 5 -B 4 error: <<<"$said"
    failures=$((failures + 1))
  fi
done
[ $failures = 0 ] || exit 1
echo "all as expected: ${#cases[@]} cases, ${compilers[*]}"
