# Two panels over one x axis, whose label `below` and range are set before: mean score above, share of missed jobs below. What has
# no such share, a bound, has a point outside, since gnuplot warns of a curve without any.
array has[n]
do for [i=1:n] { has[i] = 0 }
most = 0
note(unused) = sum [i=1:n] (is(i) && valid(6) ? (has[i] = 1, most = column(6) > most ? column(6) : most, 0) : 0)
stats data using (note(0)) skip 1 nooutput
up(i) = has[i] ? column(6) : -1
height = 1.3
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    set multiplot
    set key on
    set lmargin at screen 0.12
    set rmargin at screen 0.84 - name_width
    set tmargin at screen 0.97
    set bmargin at screen 0.56
    unset xlabel
    set format x ''
    set yrange [*:*]
    set ylabel 'mean score (missed: 0)'
    plot for [i=1:n] data using (is(i) ? column(4) : NaN):5 skip 1 with linespoints lt style[i] notitle, \
         for [i=1:n] keyentry with linespoints lt style[i] title legend[i]
    set tmargin at screen 0.5
    set bmargin at screen 0.1
    set xlabel below
    set format x '%g'
    set yrange [0:(most > 0 ? 1.05 * most : 0.01)]
    set ylabel 'jobs missed'
    set key off
    plot for [i=1:n] data using (is(i) ? column(4) : NaN):(up(i)) skip 1 with linespoints lt style[i] notitle
    unset multiplot
    unset output
}
