# Learning of each agent: validation time by update, mean over seeds; the bands are 95 % intervals.
set xlabel 'updates'
set ylabel 'validation: mean '.cost.' to recall 0.8, 0.9, 1.0 ('.unit.')'
set xrange [0:*] noextend
stats data using 6:7 skip 1 nooutput
eval same('y', STATS_min_x, STATS_max_y)
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    plot for [i=1:n] data using (is(i) ? column(4) : NaN):6:7 skip 1 \
             with filledcurves fs transparent solid 0.13 noborder lt style[i] notitle, \
         for [i=1:n] data using (is(i) ? column(4) : NaN):5 skip 1 with lines lt style[i] notitle, \
         for [i=1:n] data using (mark(i) ? column(4) : NaN):5 skip 1 with points lt style[i] notitle, \
         for [i=1:n] keyentry with linespoints lt style[i] title legend[i]
    unset output
}
