#!/bin/bash
# How many decisions `ams serve` makes: a policy of the papers' size (30 models, 1,104 labels, 256 hidden units) and
# clients on this machine. usage: serve.sh BUILD_DIR [SECONDS [soak]]
#   soak: 8 clients that come and go, for SECONDS
set -euo pipefail
build=$(readlink -f "${1:?usage: serve.sh BUILD_DIR [SECONDS [soak]]}")
seconds=${2:-10}
ams=$build/ams
load=$build/tests/serve/bench_serve
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$ams" bench --table "$work/bench.h5" --items 1000
"$ams" train --data "$work/bench.h5" -o "$work/run" hidden=256 steps=200 warmup=100 log_every=200 validate_every=200 \
  > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
if [ "${3:-}" = soak ]; then
  "$load" "$ams" "$work/run" 8 4 "$seconds" churn
  exit
fi
for depth in 1 8; do
  "$load" "$ams" "$work/run" 8 "$depth" "$seconds"
done
