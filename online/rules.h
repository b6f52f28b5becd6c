/* Decision rules: which model to run next, given Q values. Header-only and free of
 * dependencies. */
#ifndef AMS_ONLINE_RULES_H
#define AMS_ONLINE_RULES_H

#include <stdint.h>

/* Programs for CUDA devices compile the same rules. */
#ifdef __CUDACC__
#define AMS_RULE __host__ __device__ static inline
#else
#define AMS_RULE static inline
#endif

/* Index of the lowest one; bits is not 0. */
AMS_RULE uint32_t ams_rule_lowest(uint64_t bits)
{
#ifdef __CUDA_ARCH__
    return (uint32_t)__ffsll((long long)bits) - 1;
#else
    return (uint32_t)__builtin_ctzll(bits);
#endif
}

/* Largest Q among the models whose bit is set in `remaining` (not 0); ties to the lower index.
 */
AMS_RULE uint32_t ams_rule_q_greedy(const float *q, uint64_t remaining)
{
    uint32_t best = ams_rule_lowest(remaining);
    float best_q = q[best];
    for (uint64_t bits = remaining & (remaining - 1); bits != 0; bits &= bits - 1) {
        uint32_t m = ams_rule_lowest(bits);
        int more = q[m] > best_q; /* a branch on it would be guessed wrong */
        best = more ? m : best;
        best_q = more ? q[m] : best_q;
    }
    return best;
}

/* Q per time, and Q times time where Q is negative (Q / time would prefer longer models); ties
 * to the shorter, then the lower index. definitions.md, "Decision". */
AMS_RULE float ams_rule_cost_score(float q, float time_ms)
{
    return q >= 0 ? q / time_ms : q * time_ms;
}

AMS_RULE uint32_t ams_rule_cost_q(const float *q, const float *time_ms, uint64_t remaining)
{
    uint32_t best = ams_rule_lowest(remaining);
    float best_score = ams_rule_cost_score(q[best], time_ms[best]);
    for (uint64_t bits = remaining & (remaining - 1); bits != 0; bits &= bits - 1) {
        uint32_t m = ams_rule_lowest(bits);
        float score = ams_rule_cost_score(q[m], time_ms[m]);
        if (score > best_score || (score == best_score && time_ms[m] < time_ms[best])) {
            best = m;
            best_score = score;
        }
    }
    return best;
}

/* Q as the log-odds that an execution is valuable: the largest odds per time, in logarithms, so
 * log_time holds ln(time). Ties to the shorter, then the lower index. definitions.md,
 * "Decision". */
AMS_RULE uint32_t ams_rule_odds(const float *q, const float *log_time, uint64_t remaining)
{
    uint32_t best = ams_rule_lowest(remaining);
    float best_score = q[best] - log_time[best];
    for (uint64_t bits = remaining & (remaining - 1); bits != 0; bits &= bits - 1) {
        uint32_t m = ams_rule_lowest(bits);
        float score = q[m] - log_time[m];
        if (score > best_score || (score == best_score && log_time[m] < log_time[best])) {
            best = m;
            best_score = score;
        }
    }
    return best;
}

#endif
