#!/bin/bash
# Installs the package of the program into a new Debian system, in a folder, and runs it there. Not one of
# ctest's tests: it needs root, debootstrap, and a Debian mirror.
# usage: fresh_system.sh PACKAGE.deb [MIRROR]
set -euo pipefail
package=$(readlink -f "${1:?usage: fresh_system.sh PACKAGE.deb [MIRROR]}")
mirror=${2:-http://deb.debian.org/debian}
work=$(mktemp -d)
trap 'umount "$work/system/proc" 2> /dev/null; rm -rf --one-file-system "$work"' EXIT
chmod 755 "$work"

debootstrap --variant=minbase bookworm "$work/system" "$mirror" > "$work/log" 2>&1 || { tail "$work/log"; exit 1; }
cp /etc/resolv.conf "$work/system/etc/"
cp "$package" "$work/system/tmp/ams.deb"
mount -t proc proc "$work/system/proc" # where a program finds its own place
# shellcheck disable=SC2016
chroot "$work/system" bash -euc '
  export DEBIAN_FRONTEND=noninteractive
  cd /root
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends /tmp/ams.deb > log.txt 2>&1 || { tail log.txt; exit 1; }
  ams doctor
  ams reproduce --list
  ams reproduce --dry-run --set photos -o results | tail -1
  ams train --data /usr/share/ams/data/photos.h5 --config /usr/share/ams/experiments/photos/time.ini steps=200 -o run
  ams eval --data /usr/share/ams/data/photos.h5 --policy run --policy fixed --draws 5 --bootstrap 100'
