# Which model ran when on one item, and how much memory was in use: darker means more new value.
height = n > 12 ? 1 + (n - 12) / 25.0 : 1
row = 0
# The curves come latest start first: the first run stands on top.
place(unused) = (row = 0, sum [i=1:n] (is(i) ? (row = i, 1) : 0), row)
last = 0
used = 0
stats data using (last = column(5) > last ? column(5) : last, 0) skip 1 nooutput
# Memory in use: up at a start, down at an end, as a staircase over 400 steps.
steps = 400
array use[steps]
do for [k=1:steps] { use[k] = 0 }
add_use(a, b, m) = sum [k=1:steps] ((k - 0.5) * last / steps >= a && (k - 0.5) * last / steps < b ? \
                                    (use[k] = use[k] + m, 0) : 0)
stats data using (add_use(column(4), column(5), column(6)), 0) skip 1 nooutput
step_of(x) = int(x / last * steps) + 1
in_use(x) = use[step_of(x) > steps ? steps : step_of(x)]
most = 0
do for [k=1:steps] { most = use[k] > most ? use[k] : most }
# At most five labels fit the lower panel.
power = most > 0 ? 10**floor(log10(most / 4.0)) : 0.25
share = most / 4.0 / power
tic_step = power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10)
set samples steps + 1
set lmargin at screen (longest > 24 ? 0.04 : 0.06) + name_width
set rmargin at screen 0.86
set xrange [0:last] noextend
set palette defined (0 '#f2f2f2', 0.02 '#d7e6f4', 0.1 '#9ecae1', 0.3 '#4a97c9', 0.6 '#1764ab', 1 '#08306b')
set cbrange [0:1]
set key off
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    set multiplot
    set tmargin at screen 0.96
    set bmargin at screen 0.36
    set yrange [0.4:n + 0.6]
    set ytics () scale 0 font name_font
    do for [i=1:n] { set ytics add (tic(legend[i]) i) }
    set format x ''
    unset xlabel
    set cblabel "share of the item's value that is new"
    set colorbox user origin screen 0.885, screen 0.36 size screen 0.02, screen 0.6
    plot data using ((column(4) + column(5)) / 2):(place(0)):4:5:(place(0) - 0.36):(place(0) + 0.36):7 skip 1 \
         with boxxyerror fs solid 1 border lc rgb '#606060' fc palette notitle
    unset colorbox
    set tmargin at screen 0.33
    set bmargin at screen 0.12
    set yrange [0:most > 0 ? most * 1.05 : 1]
    set ytics tic_step scale 0.6 font ''
    set format x
    set xlabel cost.' ('.unit.')'
    set ylabel 'MB in use'
    plot '+' using 1:(in_use($1)) with steps lw 1.8 lc rgb '#0072b2' notitle
    unset ylabel
    unset multiplot
    unset output
}
