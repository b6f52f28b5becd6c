#!/bin/bash
# The example for Python runs models in the order that C gets, and says what is wrong.
# usage: test_python.sh LIBRARY SOURCE_DIR
set -euo pipefail
command -v python3 > /dev/null || exit 77
library=$1
source=$2
example=$source/online/example.py
[ "$(wc -l < "$example")" -le 40 ]
order=$(python3 "$example" "$library" "$source/tests/fuzz/corpus/policy/small")
[ "$(sort <<< "$order" | tr '\n' ' ')" = "m0 m1 m2 " ]
# Each of the three models takes 1 ms: two of them by 2.5 ms.
[ "$(python3 "$example" "$library" "$source/tests/fuzz/corpus/policy/small" 2.5 | wc -l)" = 2 ]
if error=$(python3 "$example" "$library" "$source/README.md" 2>&1); then exit 1; fi
grep -q "not a policy" <<< "$error"
