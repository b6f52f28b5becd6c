#!/bin/bash
# Compressed rows with one flipped bit, cut, or with bytes after them; several gzip members in one file.
# expected: exit code 2 for what its own checksum contradicts; members one after the other are one text
. "$PROJECT/tests/cases/common"
import() { "$AMS" data import "$1" --models "$CASE/rows.models.tsv" -o d.h5; }
hash() { "$AMS" data info d.h5 | grep -o 'hash [0-9a-f]*'; }
expect_code 0 import "$CASE/good.jsonl.gz"
whole=$(hash)
expect_code 2 import "$CASE/damaged.jsonl.gz"
expect_text 'damaged.jsonl.gz.*damaged'

python3 - "$CASE/good.jsonl.gz" <<'P' || skip "no python3"
import gzip, sys
data = open(sys.argv[1], 'rb').read()
for k in range(0, 8 * len(data), 97):
    b = bytearray(data)
    b[k // 8] ^= 1 << k % 8
    open('flip-%d.jsonl.gz' % k, 'wb').write(b)
text = gzip.decompress(data)
open('two.jsonl.gz', 'wb').write(gzip.compress(text[:2000]) + gzip.compress(text[2000:]))
open('padded.jsonl.gz', 'wb').write(data + bytes(700))
open('tail.jsonl.gz', 'wb').write(data + b'tail')
open('cut.jsonl.gz', 'wb').write(data[:-3])
open('empty.jsonl.gz', 'wb').write(gzip.compress(b''))
P
for f in flip-*.gz; do # in the header a flip may change nothing that counts
  import "$f" > out.txt 2> err.txt
  rc=$?
  [ $rc -eq 2 ] || [ "$(hash)" = "$whole" ] || fail "$f: exit code $rc and other content"
done
for f in two padded; do
  expect_code 0 import $f.jsonl.gz
  [ "$(hash)" = "$whole" ] || fail "$f: other content"
done
expect_code 2 import tail.jsonl.gz
expect_code 2 import cut.jsonl.gz
expect_text 'too early'
expect_code 2 import empty.jsonl.gz
expect_text 'at least one row'
got "refused, or the same content"
