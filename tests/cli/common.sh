# What tests of the program share; to be sourced. The test goes on in an empty folder, removed at its end.
# shellcheck shell=bash
# The system's Python before a version manager's, which takes ten times as long to start.
PATH=/usr/bin:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
# wait_for_checkpoints FOLDER N: until N runs of a sweep or search have one
wait_for_checkpoints() {
  for ((i = 0; i < 600; i++)); do
    [ "$(find "$1/runs" -name last 2> /dev/null | wc -l)" -lt "$2" ] || return 0
    sleep 0.05
  done
  fail "$1 has no $2 checkpoints after half a minute"
}
# expect CODE TEXT COMMAND...: the exit code, and a text in stderr
expect() {
  local code=$1 text=$2 found=0
  shift 2
  "$@" > out.txt 2> err.txt || found=$?
  [ "$found" = "$code" ] || fail "exit $found, expected $code: $* ($(cat err.txt))"
  grep -qF -- "$text" err.txt || fail "no '$text' in stderr of $*: $(cat err.txt)"
}
# expect_output CODE TEXT COMMAND...: the same of what it prints on either stream, which is left in $output
expect_output() {
  local code=$1 text=$2 found=0
  shift 2
  output=$("$@" 2>&1) || found=$?
  [ "$found" = "$code" ] || fail "exit $found, expected $code: $*: $output"
  grep -qF -- "$text" <<< "$output" || fail "no '$text' in what $* prints: $output"
}
# exits CODE COMMAND...: the exit code; what it prints goes to the files stdout and stderr, for says
exits() {
  local code=$1 found=0
  shift
  "$@" > stdout 2> stderr || found=$?
  [ "$found" = "$code" ] || fail "exit $found, expected $code: $* ($(cat stdout stderr))"
}
# says TEXT: the last command of exits printed it on either stream
says() {
  cat stdout stderr | grep -F -e "$1" > /dev/null || fail "no '$1' in what the last command printed: $(cat stdout stderr)"
}
