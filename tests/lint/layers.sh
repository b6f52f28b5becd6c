#!/bin/bash
# House rules that a compiler does not check. Prints every breach as file:line and fails.
set -uo pipefail
shopt -s lastpipe # breach, at the end of a pipe, sets `failed` of this shell
cd "${1:?usage: layers.sh SOURCE_DIR}" || exit 1
failed=0
sources=$(find include base online env data rl links sched stream serve cuda plots lab console cli mpi -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' | sort)

breach() { # reason; matches on stdin
  local lines
  lines=$(cat)
  if [ -n "$lines" ]; then
    printf '%s\n' "$lines" | sed "s|^|$1: |"
    failed=1
  fi
}

# Includes never point down this list; each folder names what it may include.
may_include() {
  case $1 in
    base) echo 'base' ;;
    online) echo 'online' ;; # what users embed: nothing of the project
    env) echo 'base|env' ;;
    data) echo 'base|env|data' ;;
    rl) echo 'base|online|env|rl' ;;
    links) echo 'base|online|env|rl|links' ;;
    sched) echo 'base|online|env|rl|links|sched' ;;
    stream) echo 'base|stream' ;;
    serve) echo 'base|online|stream|serve' ;;
    cuda) echo 'base|online|env|rl|links|sched|cuda' ;;
    plots) echo 'plots' ;;
    lab) echo 'base|online|env|data|rl|links|sched|stream|cuda|plots|lab' ;;
    console) echo 'base|console' ;; # it knows no command
    cli) echo 'base|online|env|data|rl|links|sched|stream|serve|cuda|plots|lab|console|cli' ;;
    mpi) echo 'base|console|cli|mpi' ;; # the same commands under another main
  esac
}
# Public headers count as files of the folder that implements them, which the table of include/ams/README.md names.
# shellcheck disable=SC2016
public=$(sed -nE 's#^\| `ams/([a-z_]+\.h)` \| `([a-z/]+)/` \|.*#s|^include/ams/\1:|\2/\1:|; s|"ams/\1"|"\2/\1"|#p' include/ams/README.md)
includes=$(grep -rnE '^ *# *include *"' include base online env data rl links sched stream serve cuda plots lab console cli mpi \
  --include='*.[ch]' --include='*.cu' --include='*.cuh' | sed -e "$public")
for folder in base online env data rl links sched stream serve cuda plots lab console cli mpi; do
  allowed=$(may_include "$folder")
  grep "^$folder/" <<< "$includes" |
    grep -vE "include *\"($allowed)/" | grep -vE '^base/version\.c:.*"ams_commit\.h"$' | # which the build makes
    breach "include against the layers"
done
grep -rnE '^ *# *include *"' include | grep -vE '"ams/[a-z_]+\.h"$' | breach "a public header needs one that is not"

# Within rl/ and lab/, too: a folder, and which other folders it may include.
inner() { # folder, "its folders" ...
  local folder=$1 allowed
  shift
  for allowed in "$@"; do
    grep -E "^$folder/${allowed%%:*}/[^:]*:[0-9]*: *# *include *\"$folder/" <<< "$includes" |
      grep -vE "include *\"$folder/(${allowed%%:*}|${allowed#*:})/" | breach "include against the layers of $folder/"
  done
}
inner rl 'net:net' 'agents:net' 'replay:net' 'policy:net' 'options:net|agents|policy' 'fast:net|options' \
  'train:net|agents|replay|policy|options|fast' 'run:net|agents|replay|policy|options|fast|train' 'export:net|policy'
inner lab 'frame:frame' 'stats:stats' 'figures:figures' 'report:report|figures|frame' 'live:live|report|figures|claims' \
  'reproduce:reproduce|claims|stats|figures|frame' 'bench:stats|frame' 'limits:stats|figures|frame' 'training:training|frame' 'jobs:training|claims' 'sweep:training|jobs|claims' \
  'claims:claims' 'tune:training|jobs|claims|figures|frame' 'score:stats|figures|frame' 'compare:stats|figures|score|frame' \
  'links:stats|figures|frame' 'stream:figures|frame' 'budget:stats|figures|score|frame'

# One door to each large library.
only_in() { # header, the file that may include it
  # shellcheck disable=SC2086
  grep -nE "^ *# *include *[<\"]$1" $sources | grep -v "^$2:" | breach "not in $2"
}
only_in hdf5.h env/h5_types.h
only_in cblas.h rl/net/blas.c
only_in uv.h 'serve/\(loop\|runner\).*\.[ch]'
only_in expat.h lab/report/svg.c
only_in mpi.h mpi/line.c
only_in glpk.h stream/bound.c
only_in onnx.pb-c.h 'rl/export/onnx_\(graph\|run\).c'
# shellcheck disable=SC2086
grep -nE '^ *# *include *[<"](cuda[_.]|cublas|curand|.*\.cuh)' $sources | grep -vE '^cuda/[^:]*\.cuh?:' |
  breach "CUDA header outside cuda/*.cu"

# Libraries return errors; only cli/, console/ and mpi/ print and exit, and the children that base/children.c and env/h5_trial.c start.
grep -rnE '(^|[^a-zA-Z0-9_])(printf|puts|putchar|perror|exit|_exit|abort)\(' \
  base online env data rl links sched stream serve cuda lab --include='*.[ch]' --include='*.cu*' | grep -vE ':[0-9]+: *(/?\*|//)' |
  grep -vE '^(base/children|env/h5_trial)\.c:.* _?exit\(' |
  breach "a library prints or exits"
grep -rnE '(fprintf|fputs|fputc|fwrite)\(.*\bstd(out|err)\b' \
  base online env data rl links sched stream serve cuda lab --include='*.[ch]' --include='*.cu*' | breach "a library prints"

tests=$(find tests -name '*.[ch]' -o -name '*.sh' | grep -v '^tests/lint/' | sort)
# shellcheck disable=SC2086
grep -nE 'TODO|FIXME' $sources $tests | breach "unfinished"
find . -path ./build -prune -o \( -name CMakeLists.txt -o -name '*.cmake' \) \
  -exec grep -niHE 'file *\( *GLOB' {} + | breach "file(GLOB)"
over() { # most, file...: those that have more lines
  local most=$1
  shift
  wc -l "$@" | awk -v most="$most" '$2 != "total" && $1 > most { print $2 ": " $1 " lines" }' | breach "over $most lines"
}
# shellcheck disable=SC2086
over 500 $sources $tests
# A command parses, calls and prints.
over 250 cli/*.c console/*.c mpi/*.c

# Who opens a folder finds its README, and the root's README leads to each folder of the root.
root=$(< README.md)
# shellcheck disable=SC2086
for folder in $(dirname $sources | sort -u); do
  [ "$folder" = include ] || [ -f "$folder/README.md" ] || echo "$folder" | breach "no README.md"
  [[ $root == *"](${folder%%/*}/"* ]] || echo "$folder" | breach "README.md does not lead to it"
done
# The root has pages, settings and the two scripts; anything else was left there.
git ls-files ':(glob)*' 2> /dev/null | grep -vE '^([.A-Z].*|check|reproduce)$' | breach "a file in the root"
exit $failed
