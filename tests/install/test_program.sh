#!/bin/bash
# The program as its users get it: installed into an empty prefix, run without the source tree.
# usage: test_program.sh BUILD_DIR SOURCE_DIR PLAIN (1: a build without sanitizers)
set -euo pipefail
build=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/install/common.sh
. "$source/tests/install/common.sh"

cmake --install "$build" --component program --prefix "$work/prefix" > "$work/log" || { cat "$work/log"; exit 1; }
check_program "$work/prefix"
