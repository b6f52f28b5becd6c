#include "cli/cli.h"

#include "rl/net/blas.h"

void cli_begin(void)
{
    ams_blas_single_thread();
}
