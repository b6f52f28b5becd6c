# Score and missed jobs against how many clients have a job in flight; stream-panels.gp follows.
below = 'clients, each with one job in flight'
set xrange [0:*] noextend
