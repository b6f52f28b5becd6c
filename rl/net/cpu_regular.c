/* What keeps a network from learning its training items by heart, and its steps small. */
#include "ams/net.h"
#include "base/rng.h"
#include "rl/net/cpu.h"

#include <math.h>

enum { SAMPLES = 32, WORDS = 4, DRAWS = 64 }; /* DRAWS: drawn at a time */

typedef struct dropout_job {
    const ams_dropout *drop;
    uint32_t layer, b, h;
    float *y;
} dropout_job;

/* n units, each by its word: ams_unit(word) < rate, without leaving whole numbers. All are
 * multiplied, so that nothing branches. */
static void leave_out(const uint32_t *restrict word, uint32_t n, uint32_t below, float scale,
                      float *restrict y)
{
    for (uint32_t j = 0; j < n; j++) {
        const float scaled = y[j] * scale;
        y[j] = word[j] < below ? 0 : scaled;
    }
}

/* Four units share a draw: counter = ((update * layers + layer) * B + sample) * draws + draw.
 */
static void dropout_shard(void *context, uint32_t shard)
{
    const dropout_job *job = context;
    const uint32_t h = job->h;
    const uint32_t draws = (h + WORDS - 1) / WORDS;
    const float scale = (float)(1 / (1 - job->drop->rate));
    const uint32_t below = (uint32_t)ceil(job->drop->rate * 0x1p32); /* rate < 1 */
    const uint64_t before = (job->drop->update * AMS_MAX_LAYERS + job->layer) * job->b;
    uint32_t end = (shard + 1) * SAMPLES < job->b ? (shard + 1) * SAMPLES : job->b;
    for (uint32_t s = shard * SAMPLES; s < end; s++) {
        float *y = job->y + (size_t)s * h;
        uint32_t word[DRAWS * WORDS];
        for (uint32_t d = 0; d < draws; d += DRAWS) {
            uint32_t n = draws - d < DRAWS ? draws - d : DRAWS;
            ams_philox_row(job->drop->seed, AMS_STREAM_DROPOUT, (before + s) * draws + d, n,
                           word);
            uint32_t first = d * WORDS;
            leave_out(word, h - first < n * WORDS ? h - first : n * WORDS, below, scale,
                      y + first);
        }
    }
}

/* NOLINTBEGIN(readability-non-const-parameter): the shards write through the job */
void ams_cpu_dropout(const ams_compute *c, const ams_dropout *drop, uint32_t layer, uint32_t b,
                     uint32_t h, float *y)
{
    dropout_job job = {.drop = drop, .layer = layer, .b = b, .h = h, .y = y};
    ams_pool_run(c->pool, (b + SAMPLES - 1) / SAMPLES, dropout_shard, &job);
}
/* NOLINTEND(readability-non-const-parameter) */

void ams_cpu_scale(const ams_compute *c, uint64_t n, float factor, float *x)
{
    (void)c;
    for (uint64_t i = 0; i < n; i++) {
        x[i] *= factor;
    }
}

void ams_cpu_blend(const ams_compute *c, uint64_t n, float share, const float *x, float *y)
{
    (void)c;
    for (uint64_t i = 0; i < n; i++) {
        y[i] += share * (x[i] - y[i]);
    }
}

double ams_cpu_sum_squares(const ams_compute *c, uint64_t n, const float *x)
{
    (void)c;
    double sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    return sum;
}
