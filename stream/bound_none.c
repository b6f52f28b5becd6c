/* In place of bound.c where GLPK is not there. */
#include "ams/stream_sim.h"

ams_status ams_stream_bound(const ams_sim_result *result, const ams_sim_options *options,
                            uint32_t block, double *bound, ams_error *err)
{
    (void)result;
    (void)options;
    (void)block;
    *bound = 0;
    return ams_fail(err, AMS_BACKEND,
                    "this program was built without GLPK, which the bound needs: install "
                    "libglpk-dev and build again");
}
