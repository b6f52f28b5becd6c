# Cumulative distribution of the time until recall 1.0; the bands are 95 % intervals.
set xlabel cost.' until recall 1.0 ('.unit.')'
set ylabel 'share of runs and items'
set xrange [0:*] noextend
set yrange [0:1.02]
set ytics 0.2
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
