#!/bin/bash
# Man pages, completion and docs/commands.md hold every option of every command, and no other.
# usage: test_manual.sh AMS SOURCE_DIR
set -uo pipefail
ams=$1
source=$2
# shellcheck source=tests/cli/common.sh
. "$source/tests/cli/common.sh"

"$ams" help --man man || fail "ams help --man"
"$ams" help --completion > completion.bash || fail "ams help --completion"
"$ams" help --markdown > commands.md || fail "ams help --markdown"
diff "$source/docs/commands.md" commands.md ||
  fail "docs/commands.md is out of date: cmake --build BUILD --target commands_page writes it again"

# complete WORD...: what bash would offer for the last word
complete_words() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _ams
  printf '%s ' "${COMPREPLY[@]}"
}
# shellcheck source=/dev/null
. ./completion.bash

mapfile -t commands < <("$ams" help | sed -n '/^Commands:/,/^$/s/^  \([a-z -]*[a-z]\)   *.*/\1/p')
[ "${#commands[@]}" -ge 20 ] || fail "ams help lists ${#commands[@]} commands"
for command in "${commands[@]}"; do
  read -ra words <<< "$command"
  page=man/ams-${command// /-}.1
  [ -s "$page" ] || fail "no $page"
  sed 's/\\-/-/g' "$page" > page.txt
  sed -n "/^## ams $command\$/,/^## /p" commands.md > section.md
  [ -s section.md ] || fail "commands.md has no section of ams $command"
  grep -qF "ams-${command// /-}" <(sed 's/\\-/-/g' man/ams.1) || fail "man/ams.1 does not name $command"
  "$ams" help "${words[@]}" | grep -oE '^  -[-a-zA-Z]+' | tr -d ' ' | sort -u > by-help.txt
  complete_words ams "${words[@]}" - | tr ' ' '\n' | grep -vxF -e --help -e '' | sort -u > by-completion.txt
  diff by-help.txt by-completion.txt || fail "ams $command: help (<) and completion (>) have other options"
  for text in page.txt section.md; do
    grep -oE -- '(^|[^-a-z])-[-a-zA-Z]+' "$text" | sed 's/^[^-]//' | sort -u | comm -13 - by-help.txt > lacks.txt
    [ ! -s lacks.txt ] || fail "$text of ams $command lacks $(tr '\n' ' ' < lacks.txt)"
  done
  # The parser knows them all: what is wrong is the option after them.
  given=()
  while read -r option; do given+=("$option" x); done < by-help.txt
  "$ams" "${words[@]}" "${given[@]}" --no-such-option > out.txt 2>&1 && fail "ams $command ${given[*]} --no-such-option passed"
  grep -qF "unknown option --no-such-option" out.txt || fail "ams $command: $(cat out.txt)"
done
[ "$(find man -name '*.1' | wc -l)" = $((${#commands[@]} + 1)) ] || fail "a page too many or too few"

# What a newcomer would type first.
[ "$(complete_words ams tra)" = "train trace " ] || fail "ams tra: $(complete_words ams tra)"
[ "$(complete_words ams data im)" = "import " ] || fail "ams data im: $(complete_words ams data im)"
[ "$(complete_words ams train --dat)" = "--data " ] || fail "ams train --dat: $(complete_words ams train --dat)"
[ "$(complete_words ams train ag)" = "agent= " ] || fail "ams train ag: $(complete_words ams train ag)"
[ "$(complete_words ams train agent = sa)" = "sarsa " ] || fail "ams train agent=sa: $(complete_words ams train agent = sa)"

if command -v groff > /dev/null; then
  for page in man/*.1; do
    warnings=$(groff -ww -mandoc -Tutf8 -z "$page" 2>&1)
    [ -z "$warnings" ] || fail "$page: $warnings"
  done
fi
if command -v mandoc > /dev/null; then
  mandoc -T lint -W error man/*.1 || fail "mandoc finds errors"
fi
