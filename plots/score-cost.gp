# Right answers against the mean cost of an item; the bands are 95 % intervals.
set xlabel 'mean cost of an item'
set ylabel 'share of right answers'
set xrange [0:*] noextend
set key outside right top vertical Left reverse
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    plot for [i=1:n] data using (is(i) ? column(4) : NaN):6:7 skip 1 \
             with filledcurves fs transparent solid 0.10 noborder lt style[i] notitle, \
         for [i=1:n] data using (is(i) ? column(4) : NaN):5 skip 1 with linespoints lt style[i] notitle, \
         for [i=1:n] keyentry with linespoints lt style[i] title legend[i]
    unset output
}
