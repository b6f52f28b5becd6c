/* Clocks: one for durations, one for stamps in files. */
#ifndef AMS_BASE_CLOCK_H
#define AMS_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds of a clock that never goes back; only differences mean something. */
double ams_seconds(void);
/* The same clock in nanoseconds. */
uint64_t ams_nanoseconds(void);

/* "2026-11-29T15:44:48Z": now, in UTC (ISO 8601). */
enum { AMS_STAMP = 32 };
void ams_utc_stamp(char stamp[AMS_STAMP]);
/* The same of a time in seconds since 1970; false, and "", where the calendar has no such year.
 */
bool ams_utc_stamp_at(uint64_t seconds, char stamp[AMS_STAMP]);

#endif
