# SPDX-License-Identifier: MIT
# Sourced by the tests of the programs: a folder of their own, and what a command is expected to do.
#   source expect.sh FOLDER_OF_EXECUTABLES SOURCE_FOLDER
set -u
bin=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# few_pictures N: data/, so many of each folder of the bundled pictures
few_pictures() {
  mkdir data
  for folder in trainA trainB testA testB; do
    mkdir data/$folder
    find "$source/examples/data/emoji2cartoon/$folder" -name '*.png' | sort | sed -n "1,$1p" |
      xargs -I{} cp {} data/$folder
  done
}
fail() {
  echo "FAILED: $*"
  sed 's/^/    /' out err 2>/dev/null | tail -n 12
  failures=$((failures + 1))
}
# expect CODE PATTERN COMMAND...: this exit code, the pattern in stdout or stderr; errors are one
# sentence on stderr
expect() {
  local code=$1 pattern=$2
  shift 2
  "$@" >out 2>err
  local got=$?
  [ $got = "$code" ] || fail "exit code $got, not $code: $*"
  grep -qE -- "$pattern" out err || fail "says nothing like '$pattern': $*"
  if [ "$code" = 2 ]; then
    [ "$(wc -l <err)" = 1 ] || fail "not one line on stderr: $*"
  fi
  if grep -q '[[:cntrl:]]' <(tr -d '\n' <out) <(tr -d '\n' <err); then
    fail "control characters: $*"
  fi
}
