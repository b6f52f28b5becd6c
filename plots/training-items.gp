# Mean time until recall 0.8 and 1.0 by the number of training items; the bands are 95 % intervals.
# What needs no training, or was trained on all items only, is a level line; `all` is left out, which
# would only stretch the axis.
set logscale x
set xtics (1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000, 300000, 1000000) # two labels at least
set xrange [*:*] noextend
set tmargin at screen 0.90
set bmargin at screen 0.14
edge = 0.89 - 0.0106 * (longest < 30 ? longest : 30) # room for the legend
set key at screen edge + 0.02, screen 0.90 left top
middle = 0.13 + (edge - 0.13) / 2
set label 1 'training items' at screen middle, screen 0.035 center
shown = ''
do for [i=1:n] { shown = shown.(style[i] == 1 ? '' : sprintf(' %d', i)) }
at(i, r) = is(int(i)) && abs(column(5) - r) < 0.01
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    set multiplot
    set lmargin at screen 0.13
    set rmargin at screen middle - 0.035
    set ylabel 'mean '.cost.' ('.unit.')'
    set label 2 'until recall 0.8' at graph 0, 1.04 left
    plot for [i in shown] data using (at(i, 0.8) ? column(4) : NaN):7:8 skip 1 \
             with filledcurves fs transparent solid 0.13 noborder lt style[int(i)] notitle, \
         for [i in shown] data using (at(i, 0.8) ? column(4) : NaN):6 skip 1 with linespoints lt style[int(i)] notitle, \
         for [i in shown] keyentry with linespoints lt style[int(i)] title legend[int(i)]
    set lmargin at screen middle + 0.045
    set rmargin at screen edge
    unset ylabel
    unset label 1
    set label 2 'until recall 1.0' at graph 0, 1.04 left
    plot for [i in shown] data using (at(i, 1.0) ? column(4) : NaN):7:8 skip 1 \
             with filledcurves fs transparent solid 0.13 noborder lt style[int(i)] notitle, \
         for [i in shown] data using (at(i, 1.0) ? column(4) : NaN):6 skip 1 with linespoints lt style[int(i)] notitle
    unset multiplot
    unset output
    set label 1 'training items' at screen middle, screen 0.035 center
}
