#include "base/clock.h"

#include <time.h>

uint64_t ams_nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

double ams_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void ams_utc_stamp(char stamp[AMS_STAMP])
{
    (void)ams_utc_stamp_at((uint64_t)time(NULL), stamp);
}

bool ams_utc_stamp_at(uint64_t seconds, char stamp[AMS_STAMP])
{
    struct tm parts;
    const time_t moment = (time_t)seconds;
    stamp[0] = '\0';
    return gmtime_r(&moment, &parts) != NULL &&
           strftime(stamp, AMS_STAMP, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0;
}
