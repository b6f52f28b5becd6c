#!/bin/bash
# Shell scripts pass shellcheck. Skipped where it is missing.
set -uo pipefail
cd "${1:?usage: scripts.sh SOURCE_DIR}" || exit 1
command -v shellcheck > /dev/null || exit 77
mapfile -t scripts < <(find cmake tests experiments -name '*.sh' | sort)
shellcheck check reproduce .ci/run "${scripts[@]}"
