#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# README.md and docs/ are true as far as a program can tell (check.py), and what is not is found.
#   docs_test.sh FOLDER_OF_EXECUTABLES SOURCE_FOLDER
set -u
source=$(cd "$2" && pwd) || exit 1 # links to it have to lead there from elsewhere
command -v python3 >/dev/null || {
  echo "skipped: python3 is not here"
  exit 77
}
check="$source/tests/docs/check.py"
python3 "$check" "$source" || exit 1

# a copy of the pages and of what they speak of, with a fault of each kind
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in README.md docs include examples tests benchmarks cmake; do ln -s "$source/$name" "$work/$name"; done
rm "$work/docs"
cp -r "$source/docs" "$work/docs"
cat >>"$work/docs/losses.md" <<'END'

[nowhere](nowhere.md), [no heading](training.md#nothing), `limn/nothing.hpp`, `ugatit-train --nonsense`

From [include/limn/limn.hpp](../include/limn/limn.hpp):

```cpp
this is not there;
```
END
said=$(python3 "$check" "$work")
code=$?
for fault in "'nowhere.md': there is no such file" "there is no such heading" "\`limn/nothing.hpp\`: there is no such file" \
  "'--nonsense' is in no source" "this block is not in"; do
  if ! grep -qF -- "$fault" <<<"$said"; then
    echo "FAILED: not found: $fault"
    code=0
  fi
done
[ $code = 1 ] || exit 1
echo "all as expected"
