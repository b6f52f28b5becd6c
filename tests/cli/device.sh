# What tests of --device share; to be sourced with `ams` set. They go on after a failure, and end with $failed.
# shellcheck shell=bash disable=SC2034,SC2154
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

expect() { # exit code, pattern in stdout or stderr, arguments
  local code=$1 pattern=$2
  shift 2
  "$ams" "$@" > "$work/out" 2> "$work/err"
  local found=$?
  if [ "$found" != "$code" ] || ! grep -qE -- "$pattern" "$work/out" "$work/err"; then
    printf 'ams %s: expected %s and "%s", found %s and:\n' "$*" "$code" "$pattern" "$found"
    cat "$work/out" "$work/err"
    failed=1
  fi
}
