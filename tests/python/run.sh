#!/bin/bash
# Tests of the Python package in one interpreter, in a folder of their own. Skipped, with the reason, where Python lacks what it needs.
# usage: run.sh TESTS BUILD_DIR SOURCE_DIR PYTHON CC SANITIZER (none, address, or another word)
set -euo pipefail
read -ra tests <<< "$1"
skip() {
  echo "skipped: $1"
  exit 77
}
[[ "$4" != *-NOTFOUND ]] || skip "no python3"
export AMS_BUILD=$2 AMS_SOURCE=$3 AMS_CC=$5 AMS_SANITIZER=$6
export AMS_LIBRARY=$AMS_BUILD/libams_framework.so PYTHONPATH=$AMS_SOURCE/python:$AMS_SOURCE/tests/python
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
python=$4
# Looked for and not imported, which the test does itself: a start of NumPy takes longer than many a test.
"$python" -c 'import importlib.util as u, sys; sys.exit(not (u.find_spec("numpy") and u.find_spec("_cffi_backend")))' ||
  skip "$python has no numpy or no cffi (python3-numpy and python3-cffi of Debian)"
# A library with sanitizers needs their runtime loaded before the interpreter, which no thread sanitizer bears and which slows the
# interpreter down; what trains and scores is tested under them in C (tests/env, tests/sched and so on). These are cheap, and cross
# between Python and C in every way: arrays, frames, texts, errors.
cheap="test_table test_frame test_errors"
runtime=()
if [ "$AMS_SANITIZER" != none ]; then
  [ "$AMS_SANITIZER" = address ] || skip "the runtime of these sanitizers cannot be loaded before an interpreter that was built without"
  [ "$1" = "$cheap" ] || skip "with sanitizers $cheap alone run; what the others call is tested under them in C"
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
"$python" -m unittest "${tests[@]}"
