# Mean time until a required recall is reached; the bands are 95 % intervals.
set xlabel 'required recall'
set ylabel 'mean '.cost.' until it is reached ('.unit.')'
set xrange [0.08:1.02]
set xtics 0.1
set yrange [0:*]
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    plot for [i=1:n] data using (is(i) ? column(4) : NaN):6:7 skip 1 \
             with filledcurves fs transparent solid 0.13 noborder lt style[i] notitle, \
         for [i=1:n] data using (is(i) ? column(4) : NaN):5 skip 1 with linespoints lt style[i] notitle, \
         for [i=1:n] keyentry with linespoints lt style[i] title legend[i]
    unset output
}
