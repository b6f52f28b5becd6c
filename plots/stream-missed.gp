# Share of a stream's jobs whose mandatory part did not end in time, against the offered load.
set xlabel 'offered load: full work / what the workers can do'
set ylabel 'jobs missed'
set xrange [0:*] noextend
set yrange [0:*]
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    plot for [i=1:n] data using (is(i) ? column(4) : NaN):5 skip 1 with linespoints lt style[i] notitle, \
         for [i=1:n] keyentry with linespoints lt style[i] title legend[i]
    unset output
}
