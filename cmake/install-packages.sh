#!/bin/bash
# The Debian 12 packages that building, testing and drawing need: the one list of them.
# Installs what is missing as root or through sudo; else says what to install and fails.
#   cmake/install-packages.sh [--check]     --check: also what ./check needs beyond the build (clang, linters)
set -euo pipefail

packages=(build-essential cmake file ninja-build pkg-config libhdf5-dev libopenblas-dev check gnuplot-nox
  libinih-dev libjansson-dev libuv1-dev libarchive-dev libxxhash-dev librandom123-dev zlib1g-dev libdeflate-dev zstd
  libexpat1-dev libonnx-dev libprotobuf-c-dev protobuf-c-compiler libglpk-dev)

if [ "${1:-}" = --check ]; then
  packages+=(clang clang-format clang-tidy libclang-rt-dev lld shellcheck python3-numpy python3-cffi python3-h5py
    python3-pyflakes openmpi-bin libopenmpi-dev)
fi

if ! command -v dpkg-query > /dev/null; then
  echo "Not a Debian system: expecting what these packages hold to be there: ${packages[*]}" >&2
  exit 0
fi
missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "Missing packages: ${missing[*]}" >&2
if [ "$(id -u)" = 0 ]; then
  as_root=()
elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
  as_root=(sudo)
else
  echo "Install them with:" >&2
  echo "  sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q
  --no-install-recommends "${missing[@]}")
# Package lists may be there and fresh, or absent or too old to install from.
if ! "${install[@]}" >&2; then
  "${as_root[@]}" apt-get update -q >&2
  "${install[@]}" >&2
fi
