# Mean score of a stream's jobs against the offered load of all models.
set xlabel 'offered load: full work / what the workers can do'
set ylabel 'mean score over all jobs (missed: 0)'
set xrange [0:*] noextend
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    plot for [i=1:n] data using (is(i) ? column(4) : NaN):5 skip 1 with linespoints lt style[i] notitle, \
         for [i=1:n] keyentry with linespoints lt style[i] title legend[i]
    unset output
}
