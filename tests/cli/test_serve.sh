#!/bin/bash
# `ams serve` from the command line: the session of docs/serve.md, options, exit codes, a socket and its end.
# Arguments: the program, the source folder.
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
policy=$source_dir/tests/fuzz/corpus/policy/small

# The documented session, to the byte; of the figures that time moves only the names.
sed -n 's/^> //p' "$source_dir/docs/serve.md" > messages
sed -n 's/^< //p' "$source_dir/docs/serve.md" > wanted
[ "$(wc -l < messages)" -ge 8 ] || fail "no session in docs/serve.md"
"$ams" serve --policy "$policy" < messages > replies 2> err.txt
plain() { sed -E '/latency_us/s/("(uptime_s|p[0-9]+|max)":)[0-9.]+/\1-/g' "$1"; }
diff <(plain wanted) <(plain replies) || fail "docs/serve.md shows another session"
grep -q "1 items, 4 decisions, 10 messages (3 refused); saved 33.3 %" err.txt || fail "figures at the end: $(cat err.txt)"

# Every error that the server knows is in the documentation.
for error in $(sed -n '/ams_refusal_names/,/};/p' "$source_dir/serve/request.c" | grep -oE '"[a-z_]+"' | tr -d '"'); do
  grep -q "\`$error\`" "$source_dir/docs/serve.md" || fail "docs/serve.md does not have the error $error"
done
for option in $("$ams" help serve | grep -oE '^  --[a-z-]+' | tr -d ' ' | grep -v policy); do
  grep -q -- "$option" "$source_dir/docs/serve.md" || fail "docs/serve.md does not have $option"
done

expect 1 "--policy" "$ams" serve
expect 3 "No such file" "$ams" serve --policy nowhere
expect 2 "not a policy" "$ams" serve --policy "$source_dir/README.md"
expect 1 "--clients: expected 1 to" "$ams" serve --policy "$policy" --clients 0
expect 1 "--message" "$ams" serve --policy "$policy" --message 1e3
expect 1 "1ms, 1s, 1min, 1h" "$ams" serve --policy "$policy" --idle 5
expect 1 "option --horizon would be ignored: expected it together with --budget" "$ams" serve --policy "$policy" --horizon 5
expect 1 "option --trace would be ignored: expected it together with --workers" "$ams" serve --policy "$policy" --trace t.csv
expect 1 "at most 100 days" "$ams" serve --policy "$policy" --drain 9999h
expect 1 "options only" "$ams" serve --policy "$policy" more
expect 1 "1 to 103 bytes" "$ams" serve --policy "$policy" --socket "$(printf '%0120d' 1)"
expect 3 "cannot open the folder" "$ams" serve --policy "$policy" --socket none/s
touch file
expect 3 "no socket" "$ams" serve --policy "$policy" --socket file
# Standard output on a full disk.
[ ! -w /dev/full ] || { echo '{"op":"policy"}' > one && expect 3 "cannot write a reply" sh -c "'$ams' serve --policy '$policy' < one > /dev/full"; }

# A baseline of fixed size: the order of all models that `ams trace` has, by first fit, whatever they find.
data=$source_dir/data/photos-60.h5
"$ams" serve --policy fixed --fit "$data" > replies 2> err.txt << 'END'
{"op":"begin","item":"a","clock":"client","next":true}
END
grep -qE '"do":"start","models":\["[^"]+"\]' replies || fail "fixed: $(cat replies err.txt)"
first=$("$ams" trace --data "$data" --policy fixed --item "$("$ams" data export "$data" -o - | sed -n '1s/.*"item": *"\([^"]*\)".*/\1/p')" --json |
  tr -d ' \n' | sed 's/.*"runs":\[{"model":"\([^"]*\)".*/\1/')
grep -qF "\"models\":[\"$first\"]" replies || fail "fixed starts with $first, ams serve says $(cat replies)"
expect 1 "--fit F.h5" "$ams" serve --policy fixed
expect 1 "no fixed size" "$ams" serve --policy knn --fit "$data"

"$ams" serve --policy "$policy" --socket s 2> log &
server=$!
for _ in $(seq 200); do
  grep -q listening log && break
  sleep 0.05
done
[ "$(find "/proc/$server/task" -mindepth 1 -maxdepth 1 | wc -l)" = 1 ] || fail "threads that nobody needs: OpenBLAS's?"
[ "$(stat -c %a s)" = 600 ] || fail "mode of the socket: $(stat -c %a s)"
expect 3 "listens there already" "$ams" serve --policy "$policy" --socket s
kill -TERM "$server"
wait "$server" || fail "SIGTERM: exit code $?"
[ ! -e s ] || fail "the socket stays"
grep -q "0 items, 0 decisions" log || fail "$(cat log)"
echo "ams serve: all as expected"
