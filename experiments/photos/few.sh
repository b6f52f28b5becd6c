#!/bin/bash
# `ams train` where items are few: within three groups of the photos, with refinement, fewer updates and more weight decay than
# by default (settings of groups-goals.sh, chosen on validation splits). Five seeds against every baseline, as default.sh has
# them, and --auto there; half an hour on one core.
# Usage: few.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
out=${1:-results/photos/few}
export TABLES="people_actions imagenet_like scenes_ade"
LABEL=few "$(dirname "$0")/default.sh" "$out" steps=7000 refine=3000 weight_decay=0.5 epsilon_steps=1500 validate_every=250 log_every=250
LABEL=auto "$(dirname "$0")/default.sh" "$out/auto" --auto
