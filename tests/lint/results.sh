#!/bin/bash
# Every recorded result names the commit of the program that made it, in experiments/results/commits.tsv. Fails where one
# does not, or where a row names nothing; prints which results are older than the code that they show.
# usage: results.sh SOURCE_DIR
set -uo pipefail
cd "${1:?usage: results.sh SOURCE_DIR}" || exit 1
table=experiments/results/commits.tsv
code=0

while IFS= read -r path; do
  awk -F '\t' -v path="$path" 'NR > 1 && (path == $1 || index(path, $1 "/") == 1) { n++ } END { exit n != 1 }' "$table" ||
    { echo "$table: expected one row that names experiments/results/$path" && code=1; }
done < <(find experiments/results -type f ! -name README.md ! -name commits.tsv -printf '%P\n' | sort)

while IFS=$'\t' read -r path commit shows; do
  [ -e "experiments/results/$path" ] || { echo "$table: no such file: experiments/results/$path" && code=1; }
  [[ $commit =~ ^[0-9a-f]{7,40}$ ]] || { echo "$table: $path: expected a commit, found '$commit'" && code=1; }
  # Without the history, as in a release, nobody can say.
  git cat-file -e "$commit^{commit}" 2> /dev/null || continue
  read -ra folders <<< "$shows"
  n=$(git rev-list --count "$commit..HEAD" -- "${folders[@]}")
  [ "$n" = 0 ] || echo "older: experiments/results/$path is of $commit; $n commits changed $shows since"
done < <(tail -n +2 "$table")
exit "$code"
