#!/bin/bash
# The commands (cli/) parse, call and print: all together stay below 7,000 lines. What grows there is a library's: a study is
# lab/'s, the machinery of command lines console/'s.
set -uo pipefail
cd "${1:?usage: size.sh SOURCE_DIR}" || exit 1
most=7000
lines=$(cat cli/*.[ch] | wc -l)
if [ "$lines" -ge "$most" ]; then
  echo "cli/ has $lines lines, expected below $most; the longest files:"
  wc -l cli/*.[ch] | sort -rn | sed -n 2,9p
  exit 1
fi
