#!/bin/sh
# What decides the bits of generated items calls no function of libm. measure.c, which only reads
# finished items, may. Usage: test_no_libm.sh LIBRARY
set -eu
command -v nm >/dev/null || exit 77
nm -u "$1" | awk '
    /\.o:$/ { object = $0; next }
    $1 == "U" && object !~ /measure/ { print object, $2 }' >symbols.$$
trap 'rm -f symbols.$$' EXIT
grep -q 'scene.*ams_philox\|ams_normal_draw' symbols.$$ # the list is what it should be
! grep -E ' (exp|log|pow|sqrt|cbrt|erf|erfc|sin|cos|tan|tanh|atan|lgamma|tgamma|fma|hypot)[0-9a-z]*f?l?$' \
    symbols.$$
