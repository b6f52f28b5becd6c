#!/bin/bash
# ams report --watch: pages about a sweep while it runs, from outside; how the page looks at the width of a desk and of a phone, and
# that the browser loads it again by itself, in headless Chromium where there is one. Arguments: the program, the source tree.
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
# shellcheck source=tests/cli/browser.sh
. "$(dirname "$(readlink -f "$0")")/browser.sh"

data=$source_dir/data/photos-60.h5
settings=(batch=16 hidden=16 replay=1000 warmup=100 log_every=10 validate_every=40 checkpoint_every=50 steps=600 refine_items=1)

# It begins before the sweep, and ends with it.
mkdir exp
"$ams" report --watch exp --every 0.2 > watched.txt 2> /dev/null &
watch=$!
while [ ! -e exp/live.html ]; do sleep 0.05; done
grep -qF 'None has begun' exp/live.html || fail "a page about nothing"
cp exp/live.html waiting.html
"$ams" sweep --data "$data" --agents dqn,double --seeds 1-2 -j 1 "${settings[@]}" -o exp > /dev/null 2>&1 &
sweep=$!
while ! grep -qF '<dt>ends about</dt>' exp/live.html; do
  kill -0 "$watch" || fail "the watch ended before the sweep: $(cat watched.txt)"
  sleep 0.05
done
cp exp/live.html running.html
wait "$sweep" || fail "the sweep"
wait "$watch" || fail "the watch"
[ "$(cat watched.txt)" = "$(printf 'exp/live.html\n4 finished of 4 runs')" ] || fail "$(cat watched.txt)"
for page in waiting.html running.html; do
  grep -qE '<meta http-equiv="refresh" content="[1-9][0-9]*">' "$page" || fail "$page does not load itself"
done
grep -qF 'http-equiv="refresh"' exp/live.html && fail "the last page loads itself"
for run in dqn-1 dqn-2 double-1 double-2; do
  grep -qF "role=\"rowheader\">$run</th>" exp/live.html || fail "no $run in the table"
done
grep -qE 'https?:|<script|url\(' exp/live.html && fail "the page needs something from elsewhere"
find exp -name '*.tmp' | grep -q . && fail "a temporary file stays"

# From outside: the same bits as without anybody who watches.
"$ams" train --data "$data" agent=double seed=2 label=double "${settings[@]}" -o alone > /dev/null 2>&1
cmp alone/policy.ams exp/runs/double-2/policy.ams || fail "a watched run differs"

# Once, of a single run; as JSON; elsewhere.
"$ams" report alone --json > json.txt
grep -qF '"over": true' json.txt || fail "$(cat json.txt)"
grep -qF '"finished": 1' json.txt || fail "$(cat json.txt)"
[ -s alone/live.html ] || fail "no page of a run"
printf 'notes\n' > notes.txt
expect 1 "notes.txt exists and is not an HTML page" "$ams" report alone -o notes.txt
"$ams" report --watch alone -o elsewhere.html > out.txt
[ "$(cat out.txt)" = "$(printf 'elsewhere.html\n1 finished of 1 run')" ] || fail "$(cat out.txt)"
expect 3 "no such folder: nowhere" "$ams" report --watch nowhere

# Ctrl-C ends the watch alone, and its page no longer loads itself.
mkdir -p idle/runs
"$ams" report --watch idle --every 60 > out.txt 2> /dev/null &
watch=$!
while ! grep -qsF 'http-equiv="refresh"' idle/live.html; do sleep 0.05; done
kill -INT "$watch"
code=0
wait "$watch" || code=$?
[ "$code" = 130 ] || fail "exit $code after Ctrl-C"
grep -qF 'http-equiv="refresh"' idle/live.html && fail "the page of a watch that was stopped loads itself"

need_browser
fits "1280 390 320" running.html exp/live.html alone/live.html
# In frames whose loads are counted: again and again where something trains, else once. A busy machine has longer pauses.
sed -i 's/\(http-equiv="refresh" content=\)"[0-9]*"/\1"1"/' running.html
cat > counted.html << 'HTML'
<script>
const n = [0, 0];
const count = k => document.documentElement.setAttribute('data-found', (n[k]++, n[0] > 2 ? 'again' : n[0]) + ' ' + n[1]);
</script>
<iframe src="running.html" onload="count(0)"></iframe>
<iframe src="exp/live.html" onload="count(1)"></iframe>
HTML
found=$(found_in "file://$PWD/counted.html")
[ "$found" = 'data-found="again 1"' ] || fail "loads of a page while something trains, and after: $found"
echo "1 passed, 0 failed"
