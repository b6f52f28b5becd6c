#!/bin/bash
# Every table of docs/streams.md: schedulers on the exits of one network, on three detectors of photos and of video as
# stages and as sets, and with an agent's values; last, a trace served in real time, which takes seven minutes. Two
# minutes on one core for the others, and five more for the agent where it is not trained yet.
# Usage: streams.sh [FOLDER]; AMS names another program than build/release/ams, THREADS how many threads (1).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/streams}
exits=(stream --data data/exits.h5 --threads "${THREADS:-1}")
open=(--threads "${THREADS:-1}" --seeds 1-3 --arrivals poisson --load '0.8,1.2,2,4')
photos=(stream --data data/photos.h5 "${open[@]}")
detectors='fastestdet,yolo-fastest-1.1,yolo-fastest-1.1-xl'

say_and_do() {
  echo "\$ $*" >&2
  "$@"
}

say_and_do "$ams" "${exits[@]}" --clients 1..6:1 --bound --check -o "$out/exits-short"
say_and_do "$ams" "${exits[@]}" --clients 1..6:1 --bound --check --miss-cost 50 --scheduler 'hedged,hedged@outputs,density,edf-full' \
  -o "$out/exits-careful"
say_and_do "$ams" "${exits[@]}" --clients 2..10:2 --deadline-low 4m --deadline-high 3x --bound --check -o "$out/exits-long"
say_and_do "$ams" "${exits[@]}" --workers 2 --mandatory 3 --clients 2..8:2 --check \
  --scheduler 'hedged,density,dp,edf-full,edf-mandatory' -o "$out/exits-chains"
say_and_do "$ams" "${exits[@]}" --workers 4 --clients 4..20:4 --check --scheduler 'hedged,density,dp,edf-full,edf-mandatory' \
  -o "$out/exits-workers"
say_and_do "$ams" "${exits[@]}" --arrivals poisson --load 0.5..3:0.5 --deadline-low 4m --deadline-high 4x \
  --scheduler 'hedged,dp,density,edf-full,edf-mandatory,threshold' -o "$out/exits-load"
say_and_do "$ams" "${exits[@]}" --clients 4 --deadline-low 4m --deadline-high 3x \
  --delta '0.5,0.2,0.1,0.05,0.02,0.01,0.005,0.002' --scheduler 'dp,subset-dp' -o "$out/exits-delta"
say_and_do "$ams" "${exits[@]}" --clients 4 --deadline-high 1x,1.5x,2x,3x,4x --bound \
  --scheduler 'hedged,hedged@outputs,dp,density,threshold,edf-full,edf-mandatory' -o "$out/exits-deadline"
say_and_do "$ams" "${exits[@]}" --clients 4 --delta '0.5,0.2,0.1,0.05,0.02,0.01,0.005,0.002' --scheduler 'dp,hedged' \
  -o "$out/exits-steps"
say_and_do "$ams" "${exits[@]}" --clients 1..6:1 --scheduler 'dp,dp@calibrated,dp@exp,dp@prior,dp@lin,dp@max,dp@oracle' \
  -o "$out/exits-predictors"
say_and_do "$ams" "${exits[@]}" --clients 6 --deadline-low 4m --deadline-high 3x --charge-scheduler measured \
  --scheduler 'hedged,dp,dp-greedy,edf-full,density' -o "$out/exits-charged"
for set in photos video; do
  say_and_do "$ams" stream --data "data/$set.h5" --threads "${THREADS:-1}" --seeds 1-3 --stages "$detectors" --clients 1..6:1 \
    --bound --check --scheduler 'hedged,dp,density,threshold,edf-full,edf-mandatory' -o "$out/$set-stages"
done
say_and_do "$ams" "${photos[@]}" --sets "$detectors" --workers models --slo-scale 0.8 -o "$out/detectors"
say_and_do "$ams" stream --data data/video.h5 "${open[@]}" --sets "$detectors" --workers models --slo-scale 0.8 -o "$out/video-detectors"
say_and_do "$ams" stream --data data/photos.h5 --threads "${THREADS:-1}" --seeds 1-3 --arrivals poisson --load '0.5,0.8,1.2,2,4' --workers 2 --slo-scale 2 \
  --jobs 3000 --sets 'fastestdet,yolo-fastest-1.1,yolo-fastest-1.1-xl' --scheduler 'subset-hedged,subset-dp,density,edf-full' --check -o "$out/sets-workers"
[ -e "$out/gain/policy.ams" ] ||
  say_and_do "$ams" train --data data/photos.h5 --config experiments/photos/gain.ini -o "$out/gain" steps=8000
say_and_do "$ams" "${photos[@]}" --workers 1 --policy "$out/gain" --slo-scale 2 --jobs 3000 --window 16 \
  --sets 'fastestdet,face-ultralight-rfb320,emotion-faceapi,pose-blazepose-lite,facemesh,yolo-fastest-1.1' \
  --scheduler 'subset-dp@agent,subset-dp@prior,subset-dp@mean,subset-dp@oracle,density@agent,edf-full,static' \
  -o "$out/agent"
for table in exits-short exits-long exits-load exits-deadline exits-steps exits-predictors detectors agent; do
  say_and_do "$ams" plot "$out/$table" -o "$out/$table/plots"
done
say_and_do experiments/streams/served.py "$ams" --stage-ms 30 --table "$out/served.tsv"
