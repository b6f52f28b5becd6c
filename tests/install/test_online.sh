#!/bin/bash
# The library as its users get it: installed, found by CMake and pkg-config, linked into C and C++,
# loaded by Python; and what it does not hold: state of its own, and calls to anything but libc and
# libm's pure functions.
# usage: test_online.sh BUILD_DIR SOURCE_DIR PLAIN (1: a build without sanitizers)
set -euo pipefail
build=$1
source=$2
plain=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
policy=$source/tests/fuzz/corpus/policy/small

cmake --install "$build" --component online --prefix "$work/prefix" > "$work/log" ||
  { cat "$work/log"; exit 1; }
library=$(find "$work/prefix" -name libams.so)
static=$(find "$work/prefix" -name libams.a)
config=$(find "$work/prefix" -name ams.pc)
[ -e "$library" ] && [ -e "$static" ] && [ -e "$config" ]
[ "$(find "$work/prefix" -name '*.h' -printf '%f\n' | sort | tr '\n' ' ')" = "ams.h online.h " ]

# The first 30 lines teach it: every function of the loop is there.
for word in ams_online_size ams_online_open ams_item_limits_none ams_item_begin ams_item_next ams_item_started \
  ams_item_finished ams_item_failed ams_item_results; do
  head -30 "$work/prefix/include/ams/online.h" | grep -q "$word" || { echo "not taught: $word"; exit 1; }
done

if [ "$plain" != 1 ]; then
  echo "a build with sanitizers: what follows is for one without"
  exit 0
fi

# 0 bytes of data and bss; nothing called that allocates, prints or reads.
size -A "$static" | awk '$1 ~ /^\.(data|bss|tdata|tbss)$/ && $2 > 0 { print "state:", $0; bad = 1 } END { exit bad }'
unknown=$(nm -u "$static" | awk '$1 == "U" { print $2 }' | sort -u |
  grep -vE '^(ams_(answers|item|networks|online)_[a-z_]+|mem(chr|cmp|cpy|move|set)|str(cmp|len|ncmp)|expf|logf?|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail)$' || true)
[ -z "$unknown" ] || { echo "calls: $unknown"; exit 1; }
# No name but the header's is visible in the shared one.
nm -D --defined-only "$library" | awk '{ print $3 }' | while read -r name; do
  grep -qw "$name" "$source/include/ams/online.h" || { echo "exported: $name"; exit 1; }
done

cmake -S "$source/tests/install/online" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$work/prefix" > "$work/log"
cmake --build "$work/consumer" >> "$work/log" || { cat "$work/log"; exit 1; }
"$work/consumer/from_c" "$policy" > "$work/c.txt"
"$work/consumer/from_cxx" "$policy" > "$work/cxx.txt"
[ "$(sort "$work/c.txt" | tr '\n' ' ')" = "m0 m1 m2 " ]
cmp "$work/c.txt" "$work/cxx.txt"
if "$work/consumer/from_c" "$source/README.md" 2> "$work/err"; then exit 1; fi
grep -q "not a policy" "$work/err"

export PKG_CONFIG_PATH=${config%/*}
read -ra flags <<< "$(pkg-config --cflags --libs ams)"
cc -std=c99 -Wall -Wextra -Wpedantic -Werror "$source/tests/install/online/consumer.c" \
  "${flags[@]}" -Wl,-rpath,"${library%/*}" -o "$work/by_pkg_config"
"$work/by_pkg_config" "$policy" | cmp - "$work/c.txt"
c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror "$source/tests/install/online/consumer.cpp" \
  "${flags[@]}" -Wl,-rpath,"${library%/*}" -o "$work/by_pkg_config_cxx"
"$work/by_pkg_config_cxx" "$policy" | cmp - "$work/c.txt"
