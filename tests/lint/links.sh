#!/bin/bash
# Every relative link of the Markdown files leads to a file and, with #, to a heading of it. Every path below a
# folder of the root that a page names exists, in text as in commands. Prints every breach as file:line.
# Not checked: patterns (*), names in capitals that stand for others (rl/agents/NAME.c), and what is made:
# build/, results/, runs/, exp/.
set -uo pipefail
cd "${1:?usage: links.sh SOURCE_DIR}" || exit 1
failed=0

# A fresh clone has git; an unpacked archive does not.
mapfile -t pages < <(git ls-files '*.md' 2> /dev/null)
[ ${#pages[@]} -gt 0 ] || mapfile -t pages < <(find . -name '*.md' -not -path './build/*' -printf '%P\n' | sort)

# Lines of: heading PAGE ANCHOR | link PAGE:LINE TARGET | path PAGE:LINE PATH
read_pages() {
  awk '
    function anchor(text) { # as GitHub makes it of a heading
      text = tolower(text)
      gsub(/\]\([^)]*\)/, "", text)
      gsub(/[][`*.,:;!?()\/+"'\''&<>=^|{}%$#@~\\]/, "", text)
      gsub(/ /, "-", text)
      return text
    }
    FNR == 1 { fenced = 0 }
    /^ *```/ { fenced = !fenced; next }
    !fenced && /^#+ / {
      text = $0
      sub(/^#+ +/, "", text)
      sub(/ +$/, "", text)
      text = anchor(text)
      times = seen[FILENAME "#" text]++
      print "heading", FILENAME, text (times ? "-" times : "")
    }
    {
      text = $0
      while (!fenced && text !~ /^    / && match(text, /\]\([^) ]+/)) {
        print "link", FILENAME ":" FNR, substr(text, RSTART + 2, RLENGTH - 2)
        text = substr(text, RSTART + RLENGTH)
      }
      text = $0
      gsub(/\]\([^)]*\)/, " ", text)             # links are read above
      gsub(/[a-z]+:\/\/[^ )>`"]*/, " ", text)    # addresses
      gsub(/[^A-Za-z0-9_.\/*{}<>$~+-]/, " ", text) # what no path has
      words = split(text, word, " ")
      for (i = 1; i <= words; i++)
        if (word[i] ~ /^[A-Za-z.][A-Za-z_.]*\// && word[i] !~ /[*{}<>$~]/)
          print "path", FILENAME ":" FNR, word[i]
    }' "${pages[@]}"
}

declare -A heading
breach() { # place, text
  echo "$1: $2"
  failed=1
}

is_placeholder() { # path: one of its names is in capitals, as NAME.c or DIR
  local name
  local IFS=/
  for name in $1; do
    [[ $name != README.md && $name =~ ^[A-Z][A-Z_]*(\.[a-z0-9]+)?$ ]] && return 0
  done
  return 1
}

# plain PATH: without . and .., into `plain`. No process of its own: there are thousands of links.
plain() {
  local part
  local -a parts=()
  local IFS=/
  for part in $1; do
    if [ "$part" = .. ] && [ ${#parts[@]} -gt 0 ] && [ "${parts[-1]}" != .. ]; then
      unset 'parts[-1]'
    elif [ -n "$part" ] && [ "$part" != . ]; then
      parts+=("$part")
    fi
  done
  plain="${parts[*]}"
}

folder_of() { # PAGE, into `folder`
  folder=.
  [[ $1 != */* ]] || folder=${1%/*}
}

check_link() { # place, target
  local page=${1%:*} path=${2%%#*} anchor=
  [[ $2 =~ ^[a-z]+: ]] && return
  [[ $2 == *'#'* ]] && anchor=${2#*#}
  if [ -z "$path" ]; then
    path=$page
  else
    folder_of "$page"
    plain "$folder/$path"
    path=${plain:-.}
    [ -e "$path" ] || { breach "$1" "no such file: $2" && return; }
  fi
  [ -z "$anchor" ] || [ -n "${heading["$path#$anchor"]:-}" ] || breach "$1" "no such heading: $2"
}

# Folders of the root that a path may begin with; what is made has none of the sources.
declare -A root
for folder in */ .ci/ .github/; do
  case $folder in
    build/ | results/ | runs/ | exp/ | venv/) ;;
    *) root[${folder%/}]=1 ;;
  esac
done

check_path() { # place, path: from the root, or from the page's folder
  local page=${1%:*} path=${2%%+(.)}
  [ -n "${root[${path%%/*}]:-}" ] || return
  folder_of "$page"
  [ -e "$path" ] || [ -e "$folder/$path" ] || is_placeholder "$path" || breach "$1" "no such path: $path"
}

set -f # words of paths are no patterns
shopt -s extglob
mapfile -t found < <(read_pages)
for line in "${found[@]}"; do
  read -r kind place what <<< "$line"
  [ "$kind" != heading ] || heading["$place#$what"]=1
done
for line in "${found[@]}"; do
  read -r kind place what <<< "$line"
  case $kind in
    link) check_link "$place" "$what" ;;
    path) check_path "$place" "$what" ;;
  esac
done
exit $failed
