# What all figures share. Stands in front of each: `figure` and `formats` are set before it.
#
# The palette is Okabe and Ito's (told apart with any colour vision), completed by Tol's; curves
# also differ in points and dashes, so that they can be told apart in grey.
set datafile separator tab
set datafile commentschars '' # a name may begin with #
set datafile missing NaN # lines go on over what is left out
set encoding utf8

# A figure with many rows is made higher by `height` before it asks for the terminal.
height = 1.0
terminal(format) = \
    format eq 'svg' ? sprintf("set terminal svg size 900,%.0f dynamic noenhanced background 'white' font 'DejaVu Sans,Verdana,sans-serif,13'", 540 * height) : \
    format eq 'pdf' ? sprintf("set terminal pdfcairo size 18cm,%.1fcm noenhanced font 'DejaVu Sans,11'", 10.8 * height) : \
    sprintf("set terminal pngcairo size 1800,%.0f noenhanced fontscale 2 linewidth 2 pointscale 2 font 'DejaVu Sans,13'", 1080 * height)

# Baselines and bounds have their own line type, the same in every figure; trained policies take
# 11 to 22, then 26 to 37, in the order in which they were given.
set linetype 1 lc rgb '#a0a0a0' lw 1.0 dt solid pt -1            # all: every model, always
set linetype 2 lc rgb '#606060' lw 1.6 dt (2,3) pt -1            # random
set linetype 3 lc rgb '#000000' lw 1.4 dt (9,4) pt -1            # optimal: a bound, looks at the answer
set linetype 4 lc rgb '#000000' lw 1.4 dt (12,4,2,4) pt -1       # oracle: a bound, looks at the answer
set linetype 5 lc rgb '#56b4e9' lw 1.8 dt solid pt 1 ps 0.8      # fixed
set linetype 6 lc rgb '#000000' lw 0.8 dt solid pt -1            # valuable: a single time
set linetype 7 lc rgb '#e69f00' lw 1.4 dt (4,3) pt 2 ps 0.8        # cooccur
set linetype 8 lc rgb '#009e73' lw 1.4 dt (4,3) pt 3 ps 0.8        # knn
set linetype 9 lc rgb '#cc79a7' lw 1.4 dt (4,3) pt 12 ps 0.8       # linear
set linetype 10 lc rgb '#999933' lw 1.4 dt (4,3) pt 10 ps 0.8      # rules
set linetype 11 lc rgb '#0072b2' lw 1.8 dt solid pt 7 ps 0.7
set linetype 12 lc rgb '#d55e00' lw 1.8 dt solid pt 9 ps 0.8
set linetype 13 lc rgb '#009e73' lw 1.8 dt solid pt 5 ps 0.65
set linetype 14 lc rgb '#cc79a7' lw 1.8 dt solid pt 13 ps 0.9
set linetype 15 lc rgb '#e69f00' lw 1.8 dt solid pt 11 ps 0.8
set linetype 16 lc rgb '#882255' lw 1.8 dt solid pt 6 ps 0.7
set linetype 17 lc rgb '#332288' lw 1.8 dt (8,2) pt 8 ps 0.8
set linetype 18 lc rgb '#117733' lw 1.8 dt (8,2) pt 4 ps 0.65
set linetype 19 lc rgb '#aa4499' lw 1.8 dt (8,2) pt 12 ps 0.9
set linetype 20 lc rgb '#999933' lw 1.8 dt (8,2) pt 10 ps 0.8
set linetype 21 lc rgb '#44aa99' lw 1.8 dt (8,2) pt 2 ps 0.8
set linetype 22 lc rgb '#661100' lw 1.8 dt (8,2) pt 3 ps 0.8
set linetype 23 lc rgb '#000000' lw 1.8 dt solid pt -1           # bound: no schedule exceeds it
set linetype 24 lc rgb '#606060' lw 1.4 dt (10,3,2,3,2,3) pt -1   # first-fit: looks at the answer
set linetype 25 lc rgb '#606060' lw 1.2 dt (6,3) pt -1            # an algorithm with the true marginal values
# The second dozen of trained policies: the colours again, dotted, with other points.
set linetype 26 lc rgb '#0072b2' lw 1.8 dt (2,2) pt 6 ps 0.8
set linetype 27 lc rgb '#d55e00' lw 1.8 dt (2,2) pt 8 ps 0.8
set linetype 28 lc rgb '#009e73' lw 1.8 dt (2,2) pt 4 ps 0.8
set linetype 29 lc rgb '#cc79a7' lw 1.8 dt (2,2) pt 12 ps 0.8
set linetype 30 lc rgb '#e69f00' lw 1.8 dt (2,2) pt 10 ps 0.8
set linetype 31 lc rgb '#882255' lw 1.8 dt (2,2) pt 14 ps 0.8
set linetype 32 lc rgb '#332288' lw 1.8 dt (2,2) pt 9 ps 0.8
set linetype 33 lc rgb '#117733' lw 1.8 dt (2,2) pt 5 ps 0.8
set linetype 34 lc rgb '#aa4499' lw 1.8 dt (2,2) pt 13 ps 0.8
set linetype 35 lc rgb '#999933' lw 1.8 dt (2,2) pt 11 ps 0.8
set linetype 36 lc rgb '#44aa99' lw 1.8 dt (2,2) pt 1 ps 0.8
set linetype 37 lc rgb '#661100' lw 1.8 dt (2,2) pt 2 ps 0.8

set border 3 lc rgb '#404040'
set tics nomirror out scale 0.6
set grid lc rgb '#d8d8d8' lw 0.7 dt solid
set key outside right center vertical Left reverse samplen 3.5 spacing 1.2

# The series of the data file in its order: what it is called, its legend, its line type.
if (!exists('data')) data = figure.'.tsv'
array name[256]
array legend[256]
array style[256]
array first[256] # number of its first row
n = 0
rows = 0
longest = 0
# Of a name in average characters: m and its like are wider, i and its like narrower.
advance(c) = strstrt('mMW@%', c) > 0 ? 1.85 : strstrt('wABCDEFGHKNOPQRSTUVXYZ&+=<>~', c) > 0 ? 1.4 : \
             strstrt("ijl|.,:;'! ", c) > 0 ? 0.6 : 1
breadth(s) = strlen(s) == 0 ? 0 : sum [k=1:strlen(s)] advance(s[k:k])
add(s, k, t) = (rows = rows + 1, \
                n > 0 && name[n] eq s ? n : (n = n + 1, name[n] = s, legend[n] = shown(n, k), style[n] = t, \
                                             longest = breadth(legend[n]) > longest ? breadth(legend[n]) : longest, \
                                             first[n] = rows - 1, n))
stats data using (add(strcol(1), strcol(2), int(column(3)))) skip 1 nooutput
is(i) = strcol(1) eq name[i]
# A label of a tic is a format: its % are doubled.
tic(s) = strstrt(s, '%') == 0 ? s : s[1:strstrt(s, '%')].'%'.tic(s[strstrt(s, '%') + 1:strlen(s)])
# About 8 marks a curve, each curve's a little further right, so that they do not hide each other.
step = int(ceil(rows / (8.0 * n)))
mark(i) = is(i) && (int(column(0)) - first[i] + step - int(step * (i - 1) / n)) % step == 0
# A legend stands once for all seeds.
named(i) = i == 1 || legend[i] ne legend[i > 1 ? i - 1 : 1]
# Many or long legends stand below the figure: beside it they would leave it no room.
if (n > 14 || longest > 30) {
    set key outside below center horizontal Left reverse samplen 2.5 spacing 1 maxcols 3 font ',9' height 1
    height = 1 + (n > 14 ? n / 60.0 : 0)
}
# Of names beside a figure.
name_font = longest > 24 ? ',9' : ''
name_width = (longest > 24 ? 0.007 : 0.0088) * (longest > 8 ? longest : 8) # of the figure's
# Sets an axis where all values are the same: gnuplot would warn of its empty range.
same(axis, low, high) = low < high ? '' : \
    sprintf("set %srange [%g:%g]", axis, low - (low == 0 ? 1 : 0.1 * abs(low)), low + (low == 0 ? 1 : 0.1 * abs(low)))
