#!/bin/sh
# Runs the sh blocks of docs/your-own-data.md on generated rows.
# Usage: test_your_own_data.sh AMS SOURCE_FOLDER
set -eu
ams=$1
source=$2
command -v gnuplot >/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
ln -s "$ams" "$folder/bin/ams"
PATH=$folder/bin:$PATH
cd "$folder"
sh "$source/tests/data/five_models.sh"
awk '/^```sh$/ { inside = 1; next } /^```/ { inside = 0 } inside' \
    "$source/docs/your-own-data.md" >blocks.sh
grep -q 'ams data import' blocks.sh
sh -eu blocks.sh
test -s mine.h5
test -s results/mine/summary.tsv
test -s results/mine/plots/recall-time.svg
