#!/bin/bash
# Checkpoints with right checksums whose numbers no run writes: masks, actions, counters, weights.
# expected: exit code 2 and what is wrong with the checkpoint
. "$PROJECT/tests/cases/common"
command -v python3 > /dev/null || skip "python3 makes the damage"
small_data d.h5
expect_code 0 "$AMS" train --data d.h5 -o r hidden=64 batch=16 warmup=200 replay=2000 log_every=20 validate_every=100 \
  checkpoint_every=10 steps=300 agent=sarsa gamma=0.9 nstep=3 priority_alpha=0.6 loss=huber decide=q-greedy reward=gain \
  --until 150
cp -r r whole
forge() { # SECTION CODE: python over the section's bytes b
  rm -rf r && cp -r whole r && rm r/checkpoints/previous
  python3 - "$1" "$2" <<'PY'
import struct, sys, zlib
path, at = 'r/checkpoints/last', 8
file = bytearray(open(path, 'rb').read())
while at < len(file):
    n = struct.unpack('<Q', file[at + 8:at + 16])[0]
    if file[at:at + 8].rstrip(b'\0') == sys.argv[1].encode():
        b = file[at + 24:at + 24 + n]
        exec(sys.argv[2])
        file[at + 24:at + 24 + n] = b
        file[at + 16:at + 20] = struct.pack('<I', zlib.crc32(bytes(b), zlib.crc32(bytes(file[at:at + 16]))))
    at += 24 + n
open(path, 'wb').write(file)
PY
  expect_code 2 "$AMS" train --resume r
  expect_text 'no checkpoint can be used'
}
forge replay 'b[15] |= 0x80'                                            # a model that is not there
forge replay 'b[4] = 60'                                                # an action that is not there
forge replay 'b[6] = 255'                                               # flags that do not exist
forge replay 'b[0:4] = b"\xff\xff\xff\x00"'                             # an item that is not there
forge mask 'b[7] = 0x80'
forge count 'b[0:8] = struct.pack("<Q", 10**15)'                        # more updates than steps
forge count 'b[32:40] = struct.pack("<Q", 3)'
forge online 'b[0:4] = struct.pack("<f", float("nan"))'
forge best 'b[0:4] = struct.pack("<f", float("inf"))'
forge progress 'b[8:16] = struct.pack("<Q", 2**60)'
forge progress 'b[-40:] = b"x" * 40' # a text without an end
got "exit code 2 for each"
