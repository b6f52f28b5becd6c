# Where in its order one policy runs each model before recall 1.0 is reached: the share of runs and
# items in which the model stands at the position, and its mean position.
places = 0
stats data using (places = column(4) > places ? column(4) : places, 0) skip 1 nooutput
places = places < n ? n : places
height = n > 12 ? (n + 8) / 20.0 : 1
row = 0
place(unused) = (row = 0, sum [i=1:n] (is(i) ? (row = n + 1 - i, 1) : 0), row)
# (A label of a tic is a format.)
share_of(i) = sprintf('%.0f %%%%', 100 * ran[i])
array ran[n]
stats data using (sum [i=1:n] (is(i) ? (ran[i] = column(7), 1) : 0)) skip 1 nooutput
set title subject.": share of runs and items with the model at a position\n(diamonds: its mean position)" offset 0, 0.3
set xlabel 'position in the order'
set xrange [0.5:places + 0.5]
set yrange [0.5:n + 0.5]
set xtics places > 15 ? 5 : 1
set xtics add (1)
set ytics () scale 0 font name_font
do for [i=1:n] { set ytics add (tic(legend[i]) n + 1 - i) }
set y2range [0.5:n + 0.5]
set y2tics () scale 0
do for [i=1:n] { set y2tics add (share_of(i) n + 1 - i) }
set label 1 'runs in' at graph 1.03, graph 1.0 offset 0, 0.6
set grid lc rgb '#ececec'
# One hue, lighter to darker: reads in grey and with any colour vision. Steeper at first, since
# most shares are small.
set palette defined (0 '#ffffff', 0.02 '#e3eef9', 0.1 '#abd0e6', 0.3 '#4a97c9', 0.6 '#1764ab', 1 '#08306b')
set cbrange [0:1]
set cblabel 'share'
set key off
do for [format in formats] {
    eval terminal(format)
    set output figure.'.'.format
    plot data using 4:(place(0)):(0.5):(0.5):5 skip 1 with boxxyerror fs solid 1 noborder fc palette notitle, \
         data using 6:(place(0)) skip 1 with points pt 13 ps 1.3 lc rgb '#ffffff' notitle, \
         data using 6:(place(0)) skip 1 with points pt 13 ps 0.9 lc rgb '#d55e00' notitle
    unset output
}
