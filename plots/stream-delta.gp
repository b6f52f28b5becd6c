# Score and missed jobs against the step of quantised utilities; stream-panels.gp follows.
below = 'step of the dynamic program: utilities are multiples of it'
set logscale x
