#!/bin/bash
# experiments/gpu/pack.sh with the programs of this build: the package holds what run_all.sh asks for, needs nothing of the
# machine but the C library, and says so where there is no GPU. With -t the script itself tries one in an empty root.
#   test_pack.sh SOURCE_DIR PROGRAM
set -uo pipefail
source_dir=$1 program=$2
for tool in strip ldd tar gzip; do
  command -v $tool > /dev/null || { echo "skipped: no $tool"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
complain() {
  echo "${0##*/}: $*" >&2
  failed=1
}
fake() { # program, its lines
  printf '#!/bin/sh\n%s\n' "$2" > "$work/fake/$1"
  chmod +x "$work/fake/$1"
}

# Nothing is built here, and there is no GPU even where there is one.
mkdir -p "$work"/{fake,build/tests/cuda}
fake cmake 'exit 0'
fake nvidia-smi 'echo "No devices were found"; exit 6'
export PATH=$work/fake:$PATH
cp "$program" "$work/build/ams"
for test in test_cuda_device test_cuda_score; do
  cp "$(type -P true)" "$work/build/tests/cuda/$test"
done
GZIP=-1 "$source_dir/experiments/gpu/pack.sh" -d "$work/build" "$work/out.tar.gz" > "$work/log" 2>&1 ||
  { cat "$work/log" >&2; complain "pack.sh fails"; exit 1; }
tar -C "$work" -xzf "$work/out.tar.gz"
package=$work/ams-gpu

# What the scripts of the package name is in it.
while IFS= read -r file; do
  [ -e "$package/$file" ] || complain "the package has no $file"
done < <(grep -ohE '(tests/cli|experiments/bench|data)/[a-z0-9_-]+\.(sh|py|h5)' "$package"/experiments/gpu/run_all.sh | sort -u)
for file in run commit build/ams build/tests/cuda/test_cuda_device build/tests/cuda/test_cuda_score; do
  [ -s "$package/$file" ] || complain "the package has no $file"
done
c_library='^(ld-linux-x86-64|libc|libm|libdl|libpthread|librt|libresolv)\.so'
while IFS= read -r library; do
  name=$(basename "$library")
  grep -qE "$c_library" <<< "$name" || [ -e "$package/lib/$name" ] || complain "the package has no $name"
done < <(ldd "$program" | awk '/=> \// { print $3 }')

"$package/run" -o "$work/gpu.tsv" > "$work/log" 2>&1
code=$?
[ $code = 4 ] || complain "without a GPU: expected exit code 4, found $code"
for text in 'nvidia-smi finds no GPU: No devices were found' '^CUDA'; do
  grep -q "$text" "$work/log" || { cat "$work/log" >&2; complain "without a GPU: expected '$text'"; }
done
exit $failed
