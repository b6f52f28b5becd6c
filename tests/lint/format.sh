#!/bin/bash
# The sources are as clang-format writes them. Skipped where it is missing.
set -uo pipefail
cd "${1:?usage: format.sh SOURCE_DIR}" || exit 1
command -v clang-format > /dev/null || exit 77
find include examples base online env data rl links sched stream serve cuda plots lab console cli mpi tests '(' -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' ')' -print0 | sort -z |
  xargs -0 clang-format --dry-run -Werror
