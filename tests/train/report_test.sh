#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Opens a run's report in a browser without a window and looks at what it drew.
#   report_test.sh FOLDER_OF_EXECUTABLES SOURCE_FOLDER
# Skipped where there is no Chromium (apt install chromium).
set -u
bin=$1 source=$2
browser=
for name in chromium chromium-browser google-chrome; do
  if command -v $name >/dev/null; then browser=$name && break; fi
done
if [ ! "$browser" ]; then
  echo "skipped: there is no chromium here to open the report with (apt install chromium)"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# a name that must be escaped in pages and in addresses
run="a run <b>&'quoted'"
train() {
  "$bin/ugatit-train" --data "$source/examples/data/emoji2cartoon" --out "$run" "$@" >>out 2>&1 ||
    { cat out; exit 1; }
}
train --size 16 --channels 2 --blocks 1 --steps 40 --log-every 1 --sheet-every 10 --stop-after 25
train --resume --log-every 1 --sheet-every 10
first=$(wc -c <"$run/report.html")
[ "$first" -lt 8000000 ] || fail "the report has $first bytes"
rm "$run/report.html"
"$bin/ugatit-report" "$run" >out 2>&1 || fail "ugatit-report: $(cat out)"

# 40 logged steps, and as many points in every curve
mkdir home
open_page() { # PAGE OPTION...: what the browser says of a page
  local page=$1
  shift
  HOME=$work/home timeout 120 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars \
    --disable-dev-shm-usage --user-data-dir="$work/home/profile" --virtual-time-budget=5000 \
    "$@" "file://$work/$page" 2>browser.log || { tail -n 5 browser.log; exit 1; }
}
cp "$run/report.html" page.html
open_page page.html --window-size=1280,1000 --dump-dom >dom.html
grep -q '<html[^>]* data-drawn="[1-9][0-9]*"' dom.html ||
  fail "the page did not draw itself: $(grep -o '<html[^>]*>' dom.html)$(grep -A3 'id="error"' dom.html)"
grep -q 'id="error" role="alert"></div>' dom.html || fail "an error is shown"
terms=$(head -n 1 "$run/log.csv" | tr ',' '\n' | tail -n +4)
[ "$(wc -l <<<"$terms")" -ge 24 ] || fail "log.csv has few loss terms: $terms"
for term in $terms; do
  curve=$(grep -o "<path class=\"line[^>]*data-line=\"$term\"[^>]*>" dom.html | sed -n 1p)
  grep -q 'data-points="40"' <<<"$curve" || fail "no curve of 40 points for $term: $curve"
  points=$(sed 's/.* d="//; s/".*//' <<<"$curve" | grep -o '[ML]' | wc -l)
  [ "$points" = 40 ] || fail "$term is drawn with $points points"
  grep -q ">$term</span>" dom.html || fail "$term is not named"
done
bands=$(grep -o 'class="band [^>]*data-band="rho/gen[^"]*" d="M[^"]*"' dom.html | wc -l)
[ "$bands" -ge 4 ] || fail "rho is drawn in $bands layers"
[ "$(grep -c '<img [^>]*data-step=' dom.html)" = 4 ] || fail "not four sheets"
grep -q '<img class="on" data-step="40"' dom.html || fail "the last sheet is not shown"
grep -q "<h1>a run &lt;b&gt;&amp;'quoted'<" dom.html || fail "the run's name is not as it is"
for title in Samples Losses Attention Options Machine Sessions; do
  grep -q "<h2>$title</h2>" dom.html || fail "there is no section $title"
done

looks_alive() { # PICTURE LEAST_COLOURS
  local colours share
  read -r colours share < <("$bin/limn-picture-colours" "$1")
  echo "$1: $colours colours, $share % are the commonest one"
  [ "${colours:-0}" -ge "$2" ] && [ "$share" -lt 95 ] || fail "$1 looks blank"
}
open_page page.html --window-size=1280,2600 --screenshot="$work/wide.png" >/dev/null
looks_alive wide.png 2000
# a phone: as wide, and nothing sticks out to the right
sed 's|</body>|<script>parent.postMessage(root.scrollWidth, "*")</script>&|' page.html >inner.html
cat >phone.html <<'END'
<body style="margin:0"><script>onmessage = e => { document.body.dataset.width = e.data }</script>
<iframe src="inner.html" style="border:0;width:360px;height:2600px"></iframe></body>
END
open_page phone.html --window-size=360,2600 --screenshot="$work/phone.png" >/dev/null
looks_alive phone.png 2000
open_page phone.html --dump-dom >dom.html
width=$(sed -n 's/.*data-width="\([0-9]*\)".*/\1/p' dom.html)
[ "$width" = 360 ] || fail "the page of a phone of 360 pixels is $width wide"

# without scripts: the last sheet, and the losses of the last step
sed '/<script>/,/<\/script>/d' page.html >plain.html
open_page plain.html --window-size=1280,2600 --screenshot="$work/plain.png" >/dev/null
looks_alive plain.png 2000
grep -q '<td>G_loss</td><td class="number">[0-9.e+]*</td>' plain.html || fail "no table of losses"

# the error that this test looks for is one that it sees
sed 's/"at":\[/"at":[nonsense,/' page.html >broken.html
open_page broken.html --dump-dom >dom.html
grep -q 'data-drawn="failed"' dom.html || fail "a damaged page does not say so"
grep -q 'could not draw everything' dom.html || fail "a damaged page shows no error"

[ $failures = 0 ] && echo "the report draws what it should"
exit $((failures > 0))
