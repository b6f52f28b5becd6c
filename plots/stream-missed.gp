# Share of a stream's jobs whose mandatory part did not end in time, against the offered load. What has no such share, a
# bound, has a point outside, since gnuplot warns of a curve without any.
array has[n]
do for [i=1:n] { has[i] = 0 }
note(unused) = sum [i=1:n] (is(i) && valid(5) ? (has[i] = 1, 0) : 0)
stats data using (note(0)) skip 1 nooutput
across(i) = has[i] ? (is(i) ? column(4) : NaN) : -1
up(i) = has[i] ? column(5) : -1
set xlabel 'offered load: full work / what the workers can do'
set ylabel 'jobs missed'
set xrange [0:*] noextend
set yrange [0:*]
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    plot for [i=1:n] data using (across(i)):(up(i)) skip 1 with linespoints lt style[i] notitle, \
         for [i=1:n] keyentry with linespoints lt style[i] title (has[i] ? legend[i] : '')
    unset output
}
