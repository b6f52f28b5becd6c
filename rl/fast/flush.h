/* Numbers too small for a normal float count as 0 while a shard of the fast path runs. Private
 * to rl/.
 *
 * Second moments of units that have died decay towards 0 and stay among such numbers for good
 * (0.999 of the smallest rounds to itself); processors take many times as long over them. Their
 * roots are below 1.1e-19, which is lost in the sum with Adam's default epsilon of 1e-8; only
 * at epsilons of about 1e-12 could one be the last bit of a step. */
#ifndef AMS_RL_FAST_FLUSH_H
#define AMS_RL_FAST_FLUSH_H

#ifdef __SSE__
#include <xmmintrin.h>
#endif

/* Returns what ams_flush_end wants back. */
static inline unsigned ams_flush_begin(void)
{
#ifdef __SSE__
    enum { RESULTS = 0x8000, OPERANDS = 0x40 }; /* of the control word */
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | RESULTS | OPERANDS);
    return before;
#else
    return 0;
#endif
}

static inline void ams_flush_end(unsigned before)
{
#ifdef __SSE__
    _mm_setcsr(before);
#else
    (void)before;
#endif
}

#endif
