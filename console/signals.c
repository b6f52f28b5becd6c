#include "console/signals.h"

static volatile sig_atomic_t stop_requested;

static void on_signal(int number)
{
    stop_requested = number;
}

/* A second signal ends the program at once, as usual. */
const volatile sig_atomic_t *cli_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    return &stop_requested;
}

ams_status cli_stopped_by(int number)
{
    return number == SIGINT    ? AMS_STOPPED_INT
           : number == SIGUSR1 ? AMS_STOPPED_USR1
                               : AMS_STOPPED_TERM;
}
