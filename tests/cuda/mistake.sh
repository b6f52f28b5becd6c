#!/bin/bash
# A file of cuda/ with a mistake of the past put back, for a test of the tests. Fails where the file has nothing to change.
#   mistake.sh FROM TO EXPRESSION     EXPRESSION: sed's
set -euo pipefail
mkdir -p "$(dirname "$2")"
sed "$3" "$1" > "$2"
if cmp -s "$1" "$2"; then
  rm "$2"
  echo "$0: expected lines in $1 that '$3' changes, found none" >&2
  exit 1
fi
