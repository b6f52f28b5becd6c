#!/bin/bash
# The Debian packages: what they depend on, and the program run from where they are unpacked. The tests' own
# build makes them; those for others are made with -DAMS_NATIVE=OFF (docs/install.md), and
# tests/install/fresh_system.sh installs them into a new system.
# usage: test_package.sh BUILD_DIR SOURCE_DIR CPACK
set -euo pipefail
build=$1
source=$2
cpack=$3
command -v dpkg-deb > /dev/null && command -v file > /dev/null && command -v dpkg-shlibdeps > /dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/install/common.sh
. "$source/tests/install/common.sh"

(cd "$build" && "$cpack" -G DEB -B "$work/packages" > "$work/log" 2>&1) || { cat "$work/log"; exit 1; }
package=$(echo "$work"/packages/adaptive-model-scheduling_*.deb)
libraries=(libc6 libuv1)
for library in libhdf5 libopenblas; do # not with AMS_ARCHIVES
  if ldd "$build/ams" | grep -q "$library"; then libraries+=("$library"); fi
done
for library in "${libraries[@]}"; do
  dpkg-deb -f "$package" Depends | grep -q "$library" || { echo "no dependency on $library"; exit 1; }
done
# Debian has a synthesizer of that name.
[ "$(dpkg-deb -f "$package" Conflicts)" = ams ] || { echo "does not conflict with Debian's ams"; exit 1; }
for name in libams-dev libams-framework-dev libams-framework0.2 python3-ams; do
  [ -s "$(echo "$work"/packages/${name}_*.deb)" ] || { echo "no package $name"; exit 1; }
done
runtime=$(echo "$work"/packages/libams-framework0.2_*.deb)
for library in libhdf5 libopenblas; do
  dpkg-deb -f "$runtime" Depends | grep -q "$library" || { echo "the shared library depends on no $library"; exit 1; }
done
dpkg-deb -f "$(echo "$work"/packages/python3-ams_*.deb)" Depends | grep -q "libams-framework0.2 (= " ||
  { echo "the Python package does not depend on the shared library of its version"; exit 1; }
if /usr/bin/python3 -c 'import numpy, _cffi_backend' 2> /dev/null; then
  dpkg-deb -x "$runtime" "$work/python"
  dpkg-deb -x "$(echo "$work"/packages/python3-ams_*.deb)" "$work/python"
  LD_LIBRARY_PATH=$(dirname "$(find "$work/python" -name libams_framework.so.0.2)") \
    PYTHONPATH=$work/python/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c "
import ams
assert ams.__file__.startswith('$work')
print(ams.Table('$source/data/photos-60.h5').n_items)" | grep -qx 1062 || { echo "the Python package reads no table"; exit 1; }
fi
dpkg-deb -x "$package" "$work/root"
check_program "$work/root/usr"
