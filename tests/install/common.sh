# What the tests of an installed program share; to be sourced with `work` and `source` set.
# shellcheck shell=bash
: "${work:?}" "${source:?}"

# check_program PREFIX: `ams` works from there, in a folder where nothing of the source tree is
check_program() {
  local prefix=$1 ams=$1/bin/ams share=$1/share/ams
  mkdir "$work/elsewhere"
  cd "$work/elsewhere" || return 1
  "$ams" doctor > doctor.txt || { echo "ams doctor failed"; return 1; }
  grep -q '^HDF5 ' doctor.txt || { echo "ams doctor names no HDF5"; return 1; }
  "$ams" reproduce --list > list.txt || { echo "ams reproduce --list failed"; return 1; }
  cut -f1 "$source/experiments/reproduce/experiments.tsv" | tail -n +2 | while read -r name; do
    grep -q "^  $name " list.txt || { echo "ams reproduce --list lacks $name"; return 1; }
  done || return 1
  for file in photos exits video; do
    cmp "$share/data/$file.h5" "$source/data/$file.h5" || return 1
  done
  "$ams" train --data "$share/data/photos.h5" --config "$share/experiments/photos/time.ini" steps=20 \
    log_every=20 validate_every=20 checkpoint_every=20 -o run > train.txt || { echo "ams train failed"; return 1; }
  [ -s run/policy.ams ] || { echo "no policy.ams"; return 1; }
  check_manual "$prefix"
}

# check_manual PREFIX: man finds and reads the pages, bash completes an option
check_manual() {
  local prefix=$1 words
  if command -v man > /dev/null; then
    MANPATH=$prefix/share/man MANPAGER=cat MANWIDTH=100 man ams-train > man.txt 2> man.err ||
      { cat man.err; return 1; }
    grep -q 'ams train --data F.h5' man.txt || { echo "man ams-train does not say how"; return 1; }
  fi
  words=$(bash -c '. "$1"; COMP_WORDS=(ams train --dat) COMP_CWORD=2; _ams; echo "${COMPREPLY[*]}"' \
    bash "$prefix/share/bash-completion/completions/ams")
  [ "$words" = --data ] || { echo "bash completes 'ams train --dat' to '$words'"; return 1; }
}
