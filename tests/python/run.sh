#!/bin/bash
# One test of the Python package, in a folder of its own. Skipped, with the reason, where Python lacks what it needs.
# usage: run.sh TEST BUILD_DIR SOURCE_DIR PYTHON CC SANITIZER (none, address, other)
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
case $AMS_SANITIZER in
  address) # the interpreter is not built with it, so its runtime has to be there first
    runtime=$("$AMS_CC" -print-file-name=libasan.so)
    [ -f "$runtime" ] || skip "no shared runtime of the address sanitizer to preload"
    # Python keeps memory until it exits; and what Debian's Python does itself is not ours to mend.
    export AMS_PRELOAD=$runtime ASAN_OPTIONS=detect_leaks=0
    ;;
  other) skip "the thread sanitizer's runtime cannot be loaded into Python" ;;
esac
[ -f "$AMS_LIBRARY" ] || skip "$AMS_LIBRARY was not built"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
LD_PRELOAD=${AMS_PRELOAD:-} "$python" "$AMS_SOURCE/tests/python/$test"
