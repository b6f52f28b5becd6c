# Performance profiles: the share whose time until recall 1.0 is within a multiple of the oracle's
# time for the same item. Left of all runs and items, with 95 % bands; right of the items, by their
# mean over runs.
set logscale x 2
set xrange [1:32] noextend
set xtics (1, 2, 4, 8, 16, 32)
set yrange [0:1.02]
set ytics 0.2
set tmargin at screen 0.90
set bmargin at screen 0.14
edge = 0.89 - 0.0106 * (longest < 30 ? longest : 30) # room for the legend
set key at screen edge + 0.02, screen 0.90 left top
middle = 0.11 + (edge - 0.11) / 2
set label 1 "time until recall 1.0, in multiples of the oracle's" at screen middle, screen 0.035 center
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    set multiplot
    set lmargin at screen 0.11
    set rmargin at screen middle - 0.025
    set format y
    set ylabel 'share'
    set label 2 'of runs and items' at graph 0, 1.04 left
    plot for [i=1:n] data using (is(i) ? column(4) : NaN):6:7 skip 1 \
             with filledcurves fs transparent solid 0.13 noborder lt style[i] notitle, \
         for [i=1:n] data using (is(i) ? column(4) : NaN):5 skip 1 with lines lt style[i] notitle, \
         for [i=1:n] data using (mark(i) ? column(4) : NaN):5 skip 1 with points lt style[i] notitle, \
         for [i=1:n] keyentry with linespoints lt style[i] title legend[i]
    set lmargin at screen middle + 0.025
    set rmargin at screen edge
    set format y ''
    unset ylabel
    unset label 1
    set label 2 'of items, by their mean over runs' at graph 0, 1.04 left
    plot for [i=1:n] data using (is(i) ? column(4) : NaN):8 skip 1 with lines lt style[i] notitle, \
         for [i=1:n] data using (mark(i) ? column(4) : NaN):8 skip 1 with points lt style[i] notitle
    unset multiplot
    unset output
    set label 1 "time until recall 1.0, in multiples of the oracle's" at screen middle, screen 0.035 center
}
