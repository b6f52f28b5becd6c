# One model's priority theta in training: its mean position in the order, and the time saved against
# random at recall 1.0; bars are 95 % intervals where the data has them.
set key off
set logscale x 2
set xrange [0.8:12.5]
set xtics (1, 2, 5, 10)
set xlabel 'theta'
stats data using 5 skip 1 nooutput
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    set multiplot layout 1,2 margins screen 0.09, 0.97, 0.14, 0.9 spacing screen 0.11
    set ylabel 'mean position in the order'
    set yrange [0:ceil(STATS_max / 5) * 5]
    plot for [i=1:n] data using (is(i) ? column(4) : NaN):5 skip 1 with linespoints lt style[i] notitle
    set ylabel 'time saved against random (%)'
    set yrange [0:*]
    plot for [i=1:n] data using (is(i) ? column(4) : NaN):(100 * column(6)):(100 * column(7)):(100 * column(8)) skip 1 \
             with yerrorbars lt style[i] notitle, \
         for [i=1:n] data using (is(i) ? column(4) : NaN):(100 * column(6)) skip 1 with lines lt style[i] notitle
    unset multiplot
    unset output
}
