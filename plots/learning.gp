# Learning of each run: time until the required recalls on the validation split, and the loss.
validated = 0
least = 1e300
most = -1e300
stats data using (column(6) == column(6) ? (validated = validated + 1, least = column(6) < least ? column(6) : least, \
                                            most = column(6) > most ? column(6) : most) : 0, 0) skip 1 nooutput
stats data using 5 skip 1 nooutput
loss_as = rows > n ? 'lines' : 'points' # one row makes no line
set lmargin at screen 0.12
edge = 0.89 - 0.0106 * (longest < 40 ? longest : 40) # room for the legend
set rmargin at screen edge
set key at screen edge + 0.02, screen 0.95 left top
set xrange [0:*] noextend
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    set multiplot
    if (validated > 0) {
        set tmargin at screen 0.96
        set bmargin at screen 0.56
        set label 1 'validation '.cost.' ('.unit.')' at screen 0.02, screen 0.76 center rotate
        set format x ''
        eval same('y', least, most)
        plot for [i=1:n] data using (is(i) ? column(4) : NaN):6 skip 1 \
                 with linespoints lt style[i] notitle, \
             for [i=1:n] keyentry with linespoints lt style[i] title named(i) ? legend[i] : ''
    }
    set tmargin at screen (validated > 0 ? 0.50 : 0.96)
    set bmargin at screen 0.12
    set label 1 'loss' at screen 0.02, screen (validated > 0 ? 0.31 : 0.54) center rotate
    set xlabel 'updates'
    set format x
    set yrange [*:*]
    eval same('y', STATS_min, STATS_max)
    if (STATS_min < STATS_max) { set logscale y }
    plot for [i=1:n] data using (is(i) ? column(4) : NaN):5 skip 1 with @loss_as lt style[i] notitle, \
         for [i=1:n] keyentry with linespoints lt style[i] \
             title validated == 0 && named(i) ? legend[i] : ''
    unset logscale y
    set yrange [*:*]
    unset xlabel
    unset multiplot
    unset output
}
