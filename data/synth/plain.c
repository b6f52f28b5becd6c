/* Tables of any number of models and labels, to measure what things cost. */
#include "base/memory.h"
#include "data/synth/draw.h"
#include "data/synth/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Outputs per execution: 0 to 3 with these chances, so 1.7 on average and 51 of 30 models. */
static const double MOST_OUTPUTS[] = {0.2, 0.4, 0.7, 1};
enum { MOST_TASKS = 10, TOPICS = 16 };

typedef struct plain_state {
    uint32_t n_models, n_tasks;
    uint32_t first[MOST_TASKS + 1]; /* labels of a task: [first[t], first[t + 1]) */
} plain_state;

static ams_status fill_head(ams_table *head, const plain_state *p, ams_error *err)
{
    char text[64];
    ams_status status = AMS_OK;
    for (uint32_t m = 0; m < p->n_models; m++) {
        char task[32];
        snprintf(text, sizeof text, "model-%02u", m);
        snprintf(task, sizeof task, "task-%u", m % p->n_tasks);
        AMS_TRY(ams_synth_head_model(head, text, task, 50 + 350.0 * (m * 7 % 16) / 15,
                                     500 + 7500.0 * (m * 5 % 16) / 15, err));
    }
    for (uint32_t t = 0; t < p->n_tasks; t++) {
        for (uint32_t l = p->first[t]; l < p->first[t + 1]; l++) {
            uint32_t index = 0;
            int size = snprintf(text, sizeof text, "task-%u/label-%07u", t, l);
            AMS_TRY(ams_names_add(&head->label_name, text, (size_t)size, &index, err));
        }
    }
out:
    return status;
}

static ams_status plain_open(void **state, ams_table *head, const ams_synth_options *options,
                             ams_synth_targets *targets, ams_error *err)
{
    uint32_t models = options->plain_models;
    uint32_t labels = options->plain_labels;
    *targets = (ams_synth_targets){0};
    if (models < 1 || models > AMS_MAX_MODELS || labels < models || labels > 10000000) {
        return ams_fail(err, AMS_USAGE,
                        "plain: expected 1 to %d models and labels from their number to "
                        "10,000,000, found %u and %u",
                        AMS_MAX_MODELS, models, labels);
    }
    plain_state *p = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&p, 1, sizeof *p, "a generator", err));
    p->n_models = models;
    p->n_tasks = models < MOST_TASKS ? models : MOST_TASKS;
    for (uint32_t t = 0; t <= p->n_tasks; t++) {
        p->first[t] = (uint32_t)((uint64_t)labels * t / p->n_tasks);
    }
    AMS_TRY(fill_head(head, p, err));
    *state = p;
    p = NULL;
out:
    free(p);
    return status;
}

/* Items of a topic share labels, so that there is something to learn. */
static void plain_item(const void *state, uint64_t seed, uint64_t index, ams_synth_row *rows,
                       float *time_ms)
{
    const plain_state *p = state;
    ams_rng rng = ams_synth_rng(seed, index, 0);
    uint32_t topic = ams_synth_below(&rng, TOPICS);
    for (uint32_t m = 0; m < p->n_models; m++) {
        rng = ams_synth_rng(seed, index, m + 1);
        uint32_t task = m % p->n_tasks;
        uint32_t count = p->first[task + 1] - p->first[task];
        double u = ams_rng_unit(&rng);
        rows[m].count = 0;
        for (uint32_t k = 0; k < 3 && u >= MOST_OUTPUTS[k]; k++) {
            uint32_t own = ams_synth_below(&rng, (count + TOPICS - 1) / TOPICS);
            uint32_t label = p->first[task] + (own * TOPICS + topic) % count;
            ams_synth_add_conf(&rows[m], label, 0.1 + 0.9 * ams_rng_unit(&rng));
        }
        ams_synth_close(&rows[m]);
        if (time_ms != NULL) {
            time_ms[m] = (float)(50 + 350 * ams_rng_unit(&rng));
        }
    }
}

static void plain_close(void *state)
{
    free(state);
}

const ams_synth_kind ams_synth_kind_plain = {
    .open = plain_open, .close = plain_close, .item = plain_item};
