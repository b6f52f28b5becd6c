/* Floats per register of the machine that this is compiled for. GCC 12 spills vectors wider
 * than the registers: an update on AVX2 took ten times as long. No sum may depend on the
 * width. */
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
/* The same at any address. */
typedef float ams_lanes_at
    __attribute__((vector_size(AMS_LANES_BYTES), aligned(sizeof(float)), may_alias));

enum { AMS_LANES = sizeof(ams_lanes) / sizeof(float) };

#endif
