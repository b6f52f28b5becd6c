#!/bin/bash
# A package for a machine that has a GPU and its driver, and nothing to build with: the program, the device's tests, the
# libraries they need, data and run_all.sh, built for any x86-64 and for one compute capability.
#   experiments/gpu/pack.sh [-a ARCHITECTURE] [-d BUILD_DIR] [-t] OUT.tar.gz
# ARCHITECTURE: 90 by default, an H100 or H200. Needs the CUDA toolkit. On the GPU's machine:
#   tar xzf OUT.tar.gz && ams-gpu/run -o gpu.tsv
# -t, as root: unpacks it into an empty root, with the C library alone beside it, and expects the message that there is
# no device, from the program and from its tests. Fails where the package has 64 MB or more.
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
architecture=90 build=$root/build/gpu-package try=
while getopts a:d:t option; do
  case $option in
    a) architecture=$OPTARG ;;
    d) build=$OPTARG ;;
    t) try=1 ;;
    *) exit 1 ;;
  esac
done
shift $((OPTIND - 1))
out=${1:?usage: pack.sh [-a ARCHITECTURE] [-d BUILD_DIR] [-t] OUT.tar.gz}
case $out in /*) ;; *) out=$PWD/$out ;; esac
cd "$root"
tests=(test_cuda_device test_cuda_score)
cmake -S . -B "$build" -G Ninja -DAMS_CUDA=ON -DAMS_NATIVE=OFF -DAMS_CUDA_ARCHITECTURES="$architecture" \
  -DAMS_TEST_FOLDER=/tmp > /dev/null
cmake --build "$build" --target ams "${tests[@]}" >&2

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
package=$scratch/ams-gpu
mkdir -p "$package"/{build/tests/cuda,lib,data,experiments,tests,lab}
cp "$build/ams" "$package/build/"
for test in "${tests[@]}"; do
  cp "$build/tests/cuda/$test" "$package/build/tests/cuda/"
done
strip --strip-debug "$package/build/ams" "$package"/build/tests/cuda/*

# What every Linux has, the C library, comes from the machine itself: the driver's libraries use it, too.
c_library='/(ld-linux-x86-64|libc|libm|libdl|libpthread|librt|libresolv)\.so'
libraries() { # of the programs: paths
  ldd "$package/build/ams" "$package"/build/tests/cuda/* | awk '/=> \// { print $3 } /^[[:space:]]*\/.*ld-linux/ { print $1 }' | sort -u
}
while IFS= read -r library; do
  cp -L "$library" "$package/lib/"
done < <(libraries | grep -vE "$c_library")

cp data/photos.h5 data/photos-60.h5 "$package/data/"
cp -r experiments/gpu experiments/bench "$package/experiments/"
cp -r tests/cli "$package/tests/"
(git rev-parse --short=12 HEAD 2> /dev/null || echo unknown) > "$package/commit"
cat > "$package/run" << 'RUN'
#!/bin/sh
# Tests and measures on this machine's GPU: the options of experiments/gpu/run_all.sh.
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$here/experiments/gpu/run_all.sh" -b "$here/build" "$@"
RUN
chmod +x "$package/run"
tar -C "$scratch" -czf "$out" ams-gpu
size=$(stat -c %s "$out")
echo "$out: $((size / 1000000)) MB" >&2
[ "$size" -lt 64000000 ] || { echo "$0: expected less than 64 MB" >&2; exit 1; }
[ -n "$try" ] || exit 0

# An empty root: the package, the C library, a folder for temporary files, and no device.
empty=$scratch/empty
mkdir -p "$empty"/{tmp,lib64,proc}
tar -C "$empty" -xzf "$out"
mkdir -p "$empty/libc"
while IFS= read -r library; do
  cp -L "$library" "$empty/libc/"
done < <(libraries | grep -E "$c_library")
cp -L /lib64/ld-linux-x86-64.so.2 "$empty/lib64/"
chroot=$(command -v chroot || echo /usr/sbin/chroot)
inside() { # program, arguments ...: its output; its exit code is put at the end
  env -i LD_LIBRARY_PATH=/ams-gpu/lib:/libc HOME=/tmp "$chroot" "$empty" "$@" 2>&1 && echo "exit 0" || echo "exit $?"
}
expect() { # pattern, exit code, program, arguments ...
  local text
  text=$(inside "${@:3}")
  echo "${3##*/} in an empty root: $(tail -n 2 <<< "$text" | tr '\n' ' ')" >&2
  if ! grep -q "$1" <<< "$text" || [ "$(tail -n 1 <<< "$text")" != "exit $2" ]; then
    echo "$0: expected '$1' and exit code $2" >&2
    exit 1
  fi
}
expect 'no CUDA device can be used' 4 /ams-gpu/build/ams train --data /ams-gpu/data/photos-60.h5 --device cuda steps=1 -o /tmp/run
expect 'skipped: no CUDA device' 77 /ams-gpu/build/tests/cuda/test_cuda_device
expect 'models' 0 /ams-gpu/build/ams data info /ams-gpu/data/photos-60.h5
