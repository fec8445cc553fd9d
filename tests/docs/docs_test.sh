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

# the reference of a header of its own: a symbol without a word is an error, where it is public
command -v doxygen >/dev/null || {
  echo "all as expected; docs/reference was not tried: doxygen is not here"
  exit 0
}
mkdir -p "$work/api/docs/images" "$work/api/include/limn/core"
cp "$source/docs/"{Doxyfile,doxygen_filter,reference} "$work/api/docs"
echo "# A page" >"$work/api/README.md"
header="$work/api/include/limn/core/thing.hpp"
cat >"$header" <<'END'
// SPDX-License-Identifier: MIT
// Things:
//   thing = a<b> * c
#pragma once

namespace limn::inline v0 {

namespace detail {
struct Hidden {};
}  // namespace detail

/// What things are.
template <class T>
concept Thinglike = sizeof(T) > 1;

/// A thing.
struct Thing {
  double width = 0, height = 0;  ///< in pixels
  bool operator==(const Thing&) const = default;

 private:
  int secret_ = 0;
};

}  // namespace limn::inline v0
END
refer() { "$work/api/docs/reference" "$work/api/out" 2>&1; }
if ! said=$(refer); then
  echo "FAILED: docs/reference refuses what is documented: $said"
  exit 1
fi
for text in "thing = a&lt;b&gt; \* c" "limn::Thing"; do
  if ! grep -rqE --include='*.html' -- "$text" "$work/api/out"; then
    echo "FAILED: the reference does not have: $text"
    exit 1
  fi
done
sed -i 's|  ///< in pixels||; s|^/// A thing.$||' "$header"
if said=$(refer); then
  echo "FAILED: docs/reference accepts what is not documented: $said"
  exit 1
fi
for name in "Compound limn::Thing" "Member width"; do
  if ! grep -qF "$name" <<<"$said"; then
    echo "FAILED: not told: $name"
    exit 1
  fi
done
sed -i '/^struct Thing/,/^};/d; s|^/// What things are.$||' "$header"
if said=$(refer) || ! grep -qF "thing.hpp:14: concept Thinglike is not documented" <<<"$said"; then
  echo "FAILED: docs/reference accepts a concept that is not documented: $said"
  exit 1
fi
echo "all as expected"
