/* SIGINT, SIGTERM and SIGUSR1, for commands that end in an orderly way. */
#ifndef AMS_CONSOLE_SIGNALS_H
#define AMS_CONSOLE_SIGNALS_H

#include "ams/status.h"

#include <signal.h>

/* From here on SIGINT, SIGTERM and SIGUSR1 (which batch systems send some time before they
 * kill) set the flag returned to their number; a second one ends the program. */
const volatile sig_atomic_t *cli_catch_signals(void);

/* The exit code of what a signal stopped, which is no success: 128 + its number. */
ams_status cli_stopped_by(int number);

#endif
