#!/bin/bash
# The framework and the examples as their users get them: installed into an empty prefix, found by CMake and
# pkg-config, each header alone in C and C++, everything declared also there, the examples run.
# usage: test_framework.sh BUILD_DIR SOURCE_DIR PLAIN (1: a build without sanitizers)
set -euo pipefail
build=$1
source=$2
plain=$3
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
data=$source/data/photos-60.h5

for component in framework runtime online; do
  cmake --install "$build" --component $component --prefix "$work/prefix" > "$work/log" || { cat "$work/log"; exit 1; }
done
include=$work/prefix/include

# Each header alone; no header of the tree can be found from here.
cd "$work"
for header in "$include"/ams/*.h; do
  printf '#include <ams/%s>\n' "${header##*/}" > alone.c
  cp alone.c alone.cpp
  cc -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$include" -fsyntax-only alone.c || { echo "in C: $header"; exit 1; }
  c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -I"$include" -fsyntax-only alone.cpp || { echo "in C++: $header"; exit 1; }
  [ "${header##*/}" = framework.h ] || [ "${header##*/}" = online.h ] ||
    grep -qF "\"ams/${header##*/}\"" "$include/ams/framework.h" || { echo "framework.h lacks $header"; exit 1; }
  [ "${header##*/}" = framework.h ] || grep -qF "\`ams/${header##*/}\`" "$source/include/ams/README.md" ||
    { echo "README.md lacks $header"; exit 1; }
done

if [ "$plain" != 1 ]; then
  echo "a build with sanitizers: what follows is for one without"
  exit 0
fi

config=$(find prefix -name ams-framework.pc)
export PKG_CONFIG_PATH=$work/${config%/*}
read -ra flags <<< "$(pkg-config --cflags --libs ams-framework)"

# Every function that a header declares is in the library.
printf '#include <ams/framework.h>\n' > all.c
cc -std=c11 -I"$include" -aux-info declared.txt -fsyntax-only all.c
sed -nE 's|^/\* .*/include/ams/[a-z_]+\.h:.* \*/ extern [^(]*[ *](ams_[a-z0-9_]+) \(.*|\1|p' declared.txt | sort -u > declared-names.txt
# Types of functions are listed as if they were functions.
sed -nE 's/.*typedef [^(]*[ *](ams_[a-z0-9_]+)\(.*/\1/p' "$include"/ams/*.h | sort -u > types.txt
comm -23 declared-names.txt types.txt > functions.txt
[ "$(wc -l < functions.txt)" -ge 100 ] || { echo "found $(wc -l < functions.txt) functions in the headers"; exit 1; }
{
  echo '#include <ams/framework.h>'
  echo 'typedef void function(void);'
  echo 'function *const all[] = {'
  sed 's/.*/    (function *)(&),/' functions.txt
  echo '};'
  echo 'int main(void) { return all[0] == 0; }'
} > all.c
cc -std=c11 all.c "${flags[@]}" -o all || { echo "declared, and not in the library"; exit 1; }
./all
# And in the shared one, which shows them although all else is hidden.
read -ra shared <<< "$(pkg-config --cflags --libs ams-framework-shared)"
cc -std=c11 all.c "${shared[@]}" -o all-shared || { echo "declared, and not shown by the shared library"; exit 1; }
readelf -d all-shared | grep -q 'libams_framework\.so\.0\.2' || { echo "not linked to the shared library"; exit 1; }
LD_LIBRARY_PATH=$(dirname "$(find prefix -name libams_framework.so)") ./all-shared

cmake -S "$source/tests/install/framework" -B consumer -DCMAKE_PREFIX_PATH="$work/prefix" > log
cmake --build consumer >> log || { cat log; exit 1; }
consumer/consumer "$data" | grep -q '^fixed: 4[0-9]* items, [0-9.]* ms$'

# The examples by CMake; each is short enough to be read at once.
for example in "$source"/examples/*.c "$source"/examples/*.py; do
  [ "$(wc -l < "$example")" -lt 60 ] || { echo "$example has 60 lines or more"; exit 1; }
done
cmake -S "$source/examples" -B examples -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_FLAGS="-Wall -Wextra -Wpedantic -Werror" > log
cmake --build examples >> log || { cat log; exit 1; }
examples/read_table "$data" > table.txt
grep -q '^photos-60: 1062 items, 62 models' table.txt || { cat table.txt; exit 1; }
examples/train_and_score "$data" steps=300 > trained.txt
grep -qE '^[0-9]+ test items: [0-9.]+ ms to recall' trained.txt || { cat trained.txt; exit 1; }
examples/train_and_score "$data" stebs=300 2> err.txt && exit 1
grep -q "did you mean 'steps'" err.txt || { cat err.txt; exit 1; }
examples/own_policy "$data" > policies.txt
# Cheapest first is better than no order at all, and worse than to know the outputs.
awk '{ ms[$1] = $2 } END { exit !(NR == 4 && ms["oracle"] < ms["cheapest"] && ms["cheapest"] < ms["random"]) }' policies.txt ||
  { cat policies.txt; exit 1; }
"$build/ams" train --data "$data" steps=20 warmup=64 log_every=20 validate_every=20 checkpoint_every=20 -o run > log
examples/embed run/policy.ams 200 > embedded.txt
awk '$1 >= 200 { late = 1 } END { exit NR == 0 || late }' embedded.txt || { cat embedded.txt; exit 1; }

# And by make, which gives the same.
cp -r "$source/examples" by-make
make -s -C by-make PKG_CONFIG_PATH="$PKG_CONFIG_PATH"
by-make/read_table "$data" | cmp - table.txt
LD_LIBRARY_PATH=$(dirname "$(find prefix -name libams.so)") by-make/embed run/policy.ams 200 | cmp - embedded.txt

if command -v python3 > /dev/null; then
  "$build/ams" serve --policy run --socket "$work/socket" 2> serve.txt &
  server=$!
  for _ in $(seq 100); do
    [ ! -S socket ] || break
    sleep 0.1
  done
  python3 "$source/examples/serve_client.py" "$work/socket" 60000 > client.txt
  grep -qE '^ran 6[0-2] models, left out [0-2]$' client.txt || { tail -3 client.txt; exit 1; }
fi
