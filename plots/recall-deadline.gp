# Mean recall of value by a deadline, one panel for each memory budget; the bands are 95 % intervals.
ylabel_text = 'mean recall of value'
array budget[16]
panels = 0
known(b) = (sum [i=1:panels] (budget[i] == b)) > 0
note(b) = known(b) ? 0 : (panels = panels + 1, budget[panels] = b, 0)
stats data using (valid(8) ? note(column(8)) : 0) skip 1 nooutput
alone = panels == 0
panels = alone ? 1 : panels
at(i, k) = is(i) && (alone || column(8) == budget[k])
# A curve without a point in a panel (the optimum, where some items were not solved) has one outside.
array has[n * panels]
do for [j=1:n * panels] { has[j] = 0 }
count_row(unused) = sum [k=1:panels] (sum [i=1:n] (at(i, k) ? (has[n * (k - 1) + i] = 1, 0) : 0))
stats data using (count_row(0)) skip 1 nooutput
shown(i, k) = at(i, k) || (has[n * (k - 1) + i] == 0 && column(0) == 0)
height_of(i, k, c) = has[n * (k - 1) + i] == 0 ? -9 : column(c)
edge = 0.91 - 0.0108 * (longest < 30 ? longest : 30) # room for the legend
left = 0.1
width = (edge - left) / panels
set key at screen edge + 0.03, screen 0.95 left top vertical Left reverse maxcols 1 maxrows 40 samplen 2.5 spacing 1.15 font ',11'
set tmargin at screen alone ? 0.95 : 0.90
set bmargin at screen 0.14
set label 1 'deadline ('.unit.')' at screen left + (edge - left) / 2, screen 0.035 center
set xrange [0:*] noextend
set yrange [*:1.005]
if (panels > 1) { set xtics font ',9' }
stats data using (column(6)) skip 1 nooutput
set yrange [STATS_min < 0.6 ? 0 : floor(20 * STATS_min) / 20:1.005]
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    set multiplot
    do for [k=1:panels] {
        set lmargin at screen left + (k - 1) * width
        set rmargin at screen left + k * width - (k < panels ? 0.012 : 0)
        set ylabel (k == 1 ? ylabel_text : '')
        set format y (k == 1 ? '%g' : '')
        if (!alone) { set label 2 sprintf('%g MB', budget[k]) at graph 0.5, 1.04 center }
        plot for [i=1:n] data using (shown(i, k) ? column(4) : NaN):(height_of(i, k, 6)):(height_of(i, k, 7)) skip 1 \
                 with filledcurves fs transparent solid 0.13 noborder lt style[i] notitle, \
             for [i=1:n] data using (shown(i, k) ? column(4) : NaN):(height_of(i, k, 5)) skip 1 \
                 with linespoints lt style[i] notitle, \
             for [i=1:n] keyentry with linespoints lt style[i] title k == 1 ? legend[i] : ''
    }
    unset multiplot
    unset output
}
