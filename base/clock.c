#include "base/clock.h"

#include <time.h>

double ams_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void ams_utc_stamp(char stamp[AMS_STAMP])
{
    struct tm parts;
    const time_t now = time(NULL);
    gmtime_r(&now, &parts);
    strftime(stamp, AMS_STAMP, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
