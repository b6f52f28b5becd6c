#!/bin/bash
# What grows with every change stays small. The commands (cli/) parse, call and print: all together stay below 7,000 lines;
# what grows there is a library's: a study is lab/'s, the machinery of command lines console/'s. The README of a folder says on
# 5 to 25 lines what is there and in which order to read; what is longer is a page of docs/.
set -uo pipefail
cd "${1:?usage: size.sh SOURCE_DIR}" || exit 1
code=0
most=7000
lines=$(cat cli/*.[ch] | wc -l)
if [ "$lines" -ge "$most" ]; then
  echo "cli/ has $lines lines, expected below $most; the longest files:"
  wc -l cli/*.[ch] | sort -rn | sed -n 2,9p
  code=1
fi

# include/ams/README.md is the index of all headers, and docs/README.md of all pages.
while IFS= read -r folder; do
  readme=$folder/README.md
  case $folder in
    . | .ci | .github* | docs* | include* | python/ams | experiments/results/* | experiments/*/* | tests/* | */man | */tables) continue ;;
  esac
  if [ ! -f "$readme" ]; then
    echo "$folder: expected a README.md that says what is here"
    code=1
  fi
done < <(find . \( -name .git -o -path ./build -o -path ./results -o -path ./runs \) -prune -o -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.ini' \) -printf '%P\n' |
  sed -n 's|/[^/]*$||p' | sort -u)
while IFS= read -r readme; do
  lines=$(wc -l < "$readme")
  if [ "$lines" -lt 5 ] || [ "$lines" -gt 25 ]; then
    echo "$readme: expected 5 to 25 lines, found $lines"
    code=1
  fi
done < <(find . \( -name .git -o -path ./build -o -path ./results -o -path ./runs -o -path ./docs -o -path ./include \) -prune -o \
  -name README.md ! -path ./README.md -printf '%P\n' | sort)
exit "$code"
