#!/bin/bash
# Installs the five packages into a new Debian system, in a folder: runs the program there, compiles the examples
# and runs them. Not one of ctest's tests: it needs root, debootstrap, and a Debian mirror.
# usage: fresh_system.sh FOLDER_OF_PACKAGES [MIRROR]
set -euo pipefail
packages=$(readlink -f "${1:?usage: fresh_system.sh FOLDER_OF_PACKAGES [MIRROR]}")
mirror=${2:-http://deb.debian.org/debian}
source=$(readlink -f "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'umount "$work/system/proc" 2> /dev/null; rm -rf --one-file-system "$work"' EXIT
chmod 755 "$work"

debootstrap --variant=minbase bookworm "$work/system" "$mirror" > "$work/log" 2>&1 || { tail "$work/log"; exit 1; }
cp /etc/resolv.conf "$work/system/etc/"
cp "$packages"/*.deb "$work/system/tmp/"
cp -r "$source/examples" "$work/system/root/"
mount -t proc proc "$work/system/proc" # where a program finds its own place
# shellcheck disable=SC2016
chroot "$work/system" bash -euc '
  export DEBIAN_FRONTEND=noninteractive
  cd /root
  data=/usr/share/ams/data/photos.h5
  get() {
    apt-get install -y -qq --no-install-recommends "$@" > log.txt 2>&1 || { tail log.txt; exit 1; }
  }
  apt-get update -qq
  get /tmp/adaptive-model-scheduling_*.deb
  ams doctor
  ams reproduce --list
  ams reproduce --dry-run --set photos -o results | tail -1
  ams train --data $data --config /usr/share/ams/experiments/photos/time.ini steps=200 -o run
  ams eval --data $data --policy run --policy fixed --draws 5 --bootstrap 100

  get /tmp/libams*.deb gcc libc6-dev make
  make -C examples
  examples/read_table $data | head -3
  examples/train_and_score $data steps=200
  examples/own_policy $data
  examples/embed run/policy.ams 100

  get /tmp/python3-ams_*.deb
  python3 examples/python/five_steps.py .'
