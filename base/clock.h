/* Clocks: one for durations, one for stamps in files. */
#ifndef AMS_BASE_CLOCK_H
#define AMS_BASE_CLOCK_H

/* Seconds of a clock that never goes back; only differences mean something. */
double ams_seconds(void);

/* "2026-11-29T15:44:48Z": now, in UTC (ISO 8601). */
enum { AMS_STAMP = 32 };
void ams_utc_stamp(char stamp[AMS_STAMP]);

#endif
