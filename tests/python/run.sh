#!/bin/bash
# One test of the Python package, in a folder of its own. Skipped, with the reason, where Python lacks what it needs.
# usage: run.sh TEST BUILD_DIR SOURCE_DIR PYTHON CC SANITIZER (none, address, or another word)
set -euo pipefail
test=$1
skip() {
  echo "skipped: $1"
  exit 77
}
[[ "$4" != *-NOTFOUND ]] || skip "no python3"
export AMS_BUILD=$2 AMS_SOURCE=$3 AMS_CC=$5 AMS_SANITIZER=$6
export AMS_LIBRARY=$AMS_BUILD/libams_framework.so PYTHONPATH=$AMS_SOURCE/python:$AMS_SOURCE/tests/python
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
python=$4
"$python" -c 'import numpy, _cffi_backend' 2> /dev/null ||
  skip "$python has no numpy or no cffi (python3-numpy and python3-cffi of Debian)"
# A library with sanitizers needs their runtime loaded before the interpreter, which no thread sanitizer bears and which slows the
# interpreter down; what trains and scores is tested under them in C (tests/env, tests/sched and so on). These are cheap, and cross
# between Python and C in every way: arrays, frames, texts, errors.
cheap=(test_frame.py test_table.py test_errors.py)
runtime=()
if [ "$AMS_SANITIZER" != none ]; then
  [ "$AMS_SANITIZER" = address ] || skip "the runtime of these sanitizers cannot be loaded before an interpreter that was built without"
  [[ " ${cheap[*]} " = *" $test "* ]] || skip "with sanitizers ${cheap[*]} alone run; what this test calls is tested under them in C"
  for name in libasan.so libubsan.so; do
    path=$("$AMS_CC" -print-file-name=$name)
    [ -f "$path" ] || skip "$AMS_CC has no shared $name to load before the interpreter"
    runtime+=("$path")
  done
fi
[ -f "$AMS_LIBRARY" ] || skip "$AMS_LIBRARY was not built"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
if [ "${#runtime[@]}" -gt 0 ]; then
  # The interpreter keeps memory until its end on purpose.
  export LD_PRELOAD="${runtime[*]}" ASAN_OPTIONS=detect_leaks=0
fi
"$python" "$AMS_SOURCE/tests/python/$test"
