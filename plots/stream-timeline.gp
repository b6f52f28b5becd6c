# A stream's busiest stretch of time: which model ran when for whose job. A row per client; a mark at each deadline.
stats data using (column(6)) skip 1 nooutput
clients = int(STATS_max) + 1
height = clients > 12 ? 1 + (clients - 12) / 25.0 : 1
set xlabel unit
set ylabel 'client'
set xrange [0:*] noextend
set yrange [-0.6:clients - 0.4]
set ytics 1
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    plot for [i=1:n] data using (is(i) ? (column(4) + column(5)) / 2 : NaN):6:4:5:(column(6) - 0.36):(column(6) + 0.36) skip 1 \
         with boxxyerror fs solid 0.8 border lc rgb '#404040' lt style[i] notitle, \
         data using 8:6 skip 1 with points pt 10 ps 0.6 lc rgb '#d55e00' title 'deadline', \
         for [i=1:n] keyentry with boxes fs solid 0.8 lt style[i] title legend[i]
    unset output
}
