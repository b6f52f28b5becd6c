#!/bin/bash
# From recorded rows to programs that run as a policy says: twelve detectors of text files (models.ini), recorded on the
# 577 text files of this project. A minute.
# usage: experiments/texts/run.sh AMS [FOLDER [FILE...]]    (default: runs/texts, some files of the project)
set -euo pipefail
ams=$(readlink -f "${1:?usage: run.sh AMS [FOLDER [FILE...]]}")
here=$(dirname "$(readlink -f "$0")")
folder=${2:-runs/texts}
shift $(($# < 2 ? $# : 2))
files=("$@")
[ ${#files[@]} -gt 0 ] || files=("$here/../../README.md" "$here/run.sh" "$here/../../online/item.c" "$here/rows.models.tsv")
mkdir -p "$folder"
# rows.jsonl.zst was made by: ams run --record rows.jsonl --models models.ini FILE...
"$ams" data import "$here/rows.jsonl.zst" --models "$here/rows.models.tsv" -o "$folder/texts.h5" --name texts
"$ams" train --data "$folder/texts.h5" --config "$here/../photos/remaining.ini" -o "$folder/run" hidden=64 steps=2000 \
  replay=20000 log_every=1000 validate_every=1000 checkpoint_every=2000
"$ams" eval --data "$folder/texts.h5" --policy "$folder/run" --policy fixed --draws 20 -o "$folder/eval"
echo
echo "All models that are worth it, one at a time, until nothing likely is left:"
"$ams" run --policy "$folder/run" --models "$here/models.ini" --stop sum:0.6 "${files[@]}"
echo
echo "The same under a deadline, side by side in 16 MB:"
"$ams" run --policy "$folder/run" --models "$here/models.ini" --deadline 60ms --memory 16MB "${files[@]}"
