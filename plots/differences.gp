# Mean time until a required recall, as the paired difference to `fixed`; the bars are 95 % intervals.
# What bounds or ignores all learning (all, random, optimal, oracle, fixed, valuable) would only
# stretch the axis: it is drawn where there is nothing else.
learned = 0
do for [i=1:n] { learned = learned + (style[i] > 6) }
array place[n]
rows_shown = 0
do for [i=1:n] {
    place[i] = learned == 0 || style[i] > 6 ? rows_shown + 1 : 0
    rows_shown = rows_shown + (place[i] > 0)
}
height = rows_shown > 9 ? (rows_shown + 4) / 13.0 : 1
row(r, off) = (at = NaN, sum [i=1:n] (is(i) && place[i] > 0 && abs(column(4) - r) < 0.01 ? (at = place[i] + off, 1) : 0), at)
array recall[3] = [0.8, 0.9, 1.0]
array colour[3] = [0x56b4e9, 0xe69f00, 0x000000]
array shape[3] = [9, 7, 5]
set xlabel 'mean '.cost.' until the required recall, difference to fixed ('.unit.'; below 0 is '.(cost eq 'time' ? 'faster)' : 'cheaper)')
set xrange [*<0:0<*]
stats data using 6:7 skip 1 nooutput
eval same('x', STATS_min_x < 0 ? STATS_min_x : 0, STATS_max_y > 0 ? STATS_max_y : 0)
set ytics () scale 0
do for [i=1:n] {
    if (place[i] > 0) {
        set ytics add (tic(legend[i]) place[i])
    }
}
set yrange [0.4:rows_shown + 0.6]
set grid noytics
set arrow 1 from 0, graph 0 to 0, graph 1 nohead lc rgb '#404040' lw 1.4
set key outside top center horizontal Left reverse samplen 2 font ''
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    plot for [k=1:3] data using 5:(row(recall[k], 0.22 * (2 - k))):6:7 skip 1 \
             with xerrorbars lc rgb colour[k] lw 1.6 dt solid pt shape[k] ps 1.0 \
             title sprintf('recall %.1f', recall[k])
    unset output
}
