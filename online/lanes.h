/* Floats that a register of the machine holds which this is compiled for. Wider vectors, which
 * a compiler would split, go through memory with GCC 12: an update on AVX2 took ten times as
 * long. Nothing that is added up may depend on the width. */
#ifndef AMS_ONLINE_LANES_H
#define AMS_ONLINE_LANES_H

#if defined(__AVX512F__)
#define AMS_LANES_BYTES 64
#elif defined(__AVX__)
#define AMS_LANES_BYTES 32
#else
#define AMS_LANES_BYTES 16
#endif

typedef float ams_lanes __attribute__((vector_size(AMS_LANES_BYTES), may_alias));
/* The same of any place in memory. */
typedef float ams_lanes_at
    __attribute__((vector_size(AMS_LANES_BYTES), aligned(sizeof(float)), may_alias));

enum { AMS_LANES = sizeof(ams_lanes) / sizeof(float) };

#endif
