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
for library in libc6 libhdf5 libopenblas libuv1; do
  dpkg-deb -f "$package" Depends | grep -q "$library" || { echo "no dependency on $library"; exit 1; }
done
# Debian has a synthesizer of that name.
[ "$(dpkg-deb -f "$package" Conflicts)" = ams ] || { echo "does not conflict with Debian's ams"; exit 1; }
for name in libams-dev libams-framework-dev; do
  [ -s "$(echo "$work"/packages/${name}_*.deb)" ] || { echo "no package $name"; exit 1; }
done
dpkg-deb -x "$package" "$work/root"
check_program "$work/root/usr"
