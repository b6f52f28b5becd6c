# Score and missed jobs against the longest time to a deadline; stream-panels.gp follows.
below = 'longest time from arrival to deadline, ms'
set xrange [0:*] noextend
