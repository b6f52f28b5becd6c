#!/bin/bash
# `ams train --auto` where items are few: within three groups of the photos, five seeds against every baseline, as default.sh
# has them. Twenty minutes on one core.
# Usage: few.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
export TABLES="people_actions imagenet_like scenes_ade" LABEL=auto
"$(dirname "$0")/default.sh" "${1:-results/photos/few}" --auto
