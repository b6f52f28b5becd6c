#!/bin/bash
# circles.sh on small objects: it finds a circle of three and what lacks its prefix, and obeys what is allowed.
set -euo pipefail
lint=$(dirname "$(readlink -f "$0")")/circles.sh
compiler=${1:-cc}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p base lab cli
echo 'int ams_b(void); int ams_a(void); int ams_a(void) { return ams_b(); }' > base/a.c
echo 'int ams_b(void); int ams_c(void); int ams_b(void) { return ams_c() + 1; }' > base/b.c
echo 'int ams_a(void); int ams_c(void); int ams_c(void) { return ams_a() + 2; }' > base/c.c
echo 'int ams_a(void); int bare(void); int bare(void) { return ams_a(); }' > lab/d.c
echo 'int bare(void); int cli_e(void); int cli_e(void) { return bare(); }' > cli/e.c
for source in */*.c; do
  "$compiler" -c "$source" -o "${source%.c}.c.o"
  echo "$folder/${source%.c}.c.o"
done > objects.txt

fail() {
  echo "test_circles.sh: $1"
  cat out.txt
  exit 1
}
"$lint" objects.txt > out.txt && fail "a circle and a bare name passed"
grep -qx 'circle: base/a base/b base/c' out.txt || fail "no circle of three"
grep -qx '  base/c -> base/a: ams_a' out.txt || fail "the symbol that closes it is not named"
grep -q 'lab/d: the external symbol bare has no prefix' out.txt || fail "the bare name is not reported"
grep -q 'cli_e' out.txt && fail "cli_ is a prefix in cli/"
grep -qx '5 objects, 1 circles' out.txt || fail "the count"

echo 'circle base/a base/b' > allowed.txt
"$lint" objects.txt allowed.txt > out.txt && fail "a larger circle than the allowed one passed"
printf 'circle base/c base/b base/a base/z # all\nsymbol lab/* bar?\n' > allowed.txt
"$lint" objects.txt allowed.txt > out.txt || fail "what is allowed was refused"
echo 'circles base/a' > allowed.txt
"$lint" objects.txt allowed.txt > out.txt && fail "an unknown rule passed"

echo 'int cli_e(void); int bare(void); int bare(void) { return cli_e(); }' > lab/d.c
echo 'int cli_e(void); int cli_e(void) { return 1; }' > cli/e.c
"$compiler" -c lab/d.c -o lab/d.c.o
"$compiler" -c cli/e.c -o cli/e.c.o
printf 'circle base/c base/b base/a\nsymbol lab/* bare\n' > allowed.txt
"$lint" objects.txt allowed.txt > out.txt && fail "lab/ that uses cli/ passed"
grep -qx 'lab/d uses cli_e of cli/e' out.txt || fail "lab/ that uses cli/ is not reported"
echo nowhere.o >> objects.txt
code=0
"$lint" objects.txt > out.txt || code=$?
[ $code = 77 ] || fail "an object that is not built: expected exit code 77, found $code"
