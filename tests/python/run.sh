#!/bin/bash
# One test of the Python package, in a folder of its own. Skipped, with the reason, where Python lacks what it needs.
# usage: run.sh TEST BUILD_DIR SOURCE_DIR PYTHON CC SANITIZER (none, or another word)
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
# What the package calls is tested under the sanitizers in C (tests/env, tests/sched and so on).
[ "$AMS_SANITIZER" = none ] || skip "a library with sanitizers needs their runtime to be loaded before the interpreter"
[ -f "$AMS_LIBRARY" ] || skip "$AMS_LIBRARY was not built"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$python" "$AMS_SOURCE/tests/python/$test"
