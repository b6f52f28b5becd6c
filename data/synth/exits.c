/* Exits of one network with right answers: how often a stage is right is known exactly, and its
 * confidence is calibrated. docs/streams.md has the results on them. */
#include "base/memory.h"
#include "data/synth/draw.h"
#include "data/synth/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STAGES = 3, CLASSES = 10 };

/* A stage is right with probability 1 - (1 - 1 / CLASSES) h^g, h the item's difficulty. */
static const double HARDNESS[STAGES] = {0.6, 1.2, 2.4};
/* How often a stage draws anew whether it is right; else who is right once stays so. */
static const double FLIP = 0.05;
static const double CONFIDENCE_SD = 0.05;
static const double TIME_MS = 1;

typedef struct exits_state {
    ams_normal normal;
} exits_state;

/* The square root by Newton's rule, from above: basic operations alone, the same everywhere. */
static double root_of(double x)
{
    double root = (1 + x) / 2;
    double next = (root + x / root) / 2;
    while (next < root) {
        root = next;
        next = (root + x / root) / 2;
    }
    return root;
}

/* h^g for h from 0 to 1 and g of 20 binary digits after its point. */
static double power_of(double h, double g)
{
    double power = 1;
    double root = h;
    while (g >= 1) {
        power *= h;
        g -= 1;
    }
    for (int digit = 0; digit < 20 && h > 0; digit++) {
        root = root_of(root);
        g *= 2;
        if (g >= 1) {
            power *= root;
            g -= 1;
        }
    }
    return power;
}

/* Beta(2, 4): the second smallest of five uniform numbers. */
static double draw_difficulty(ams_rng *rng)
{
    double least = 1;
    double second = 1;
    for (int k = 0; k < 5; k++) {
        const double u = ams_rng_unit(rng);
        if (u < least) {
            second = least;
            least = u;
        } else if (u < second) {
            second = u;
        }
    }
    return second;
}

static uint32_t exits_truth(const void *state, uint64_t seed, uint64_t index)
{
    ams_rng rng = ams_synth_rng(seed, index, 0);
    (void)state;
    return ams_synth_below(&rng, CLASSES);
}

static void exits_item(const void *state, uint64_t seed, uint64_t index, ams_synth_row *rows,
                       float *time_ms)
{
    const exits_state *e = state;
    ams_rng rng = ams_synth_rng(seed, index, 0);
    const uint32_t truth = ams_synth_below(&rng, CLASSES);
    const double h = draw_difficulty(&rng);
    const double coin = ams_rng_unit(&rng);
    for (uint32_t l = 0; l < STAGES; l++) {
        const double right = 1 - (1 - 1.0 / CLASSES) * power_of(h, HARDNESS[l]);
        rng = ams_synth_rng(seed, index, l + 1);
        const double own = ams_rng_unit(&rng);
        const bool flipped = ams_synth_coin(&rng, FLIP);
        const uint32_t other = (truth + 1 + ams_synth_below(&rng, CLASSES - 1)) % CLASSES;
        const double sure = right + CONFIDENCE_SD * ams_normal_draw(&e->normal, &rng);
        const double least = 1.0 / 1024; /* 0 would be no output */
        rows[l].count = 0;
        ams_synth_add_conf(&rows[l], (flipped ? own : coin) < right ? truth : other,
                           sure < least ? least
                           : sure > 1   ? 1
                                        : sure);
        ams_synth_close(&rows[l]);
        if (time_ms != NULL) {
            time_ms[l] = (float)(TIME_MS * (0.8 + 0.4 * ams_rng_unit(&rng)));
        }
    }
}

static ams_status fill_head(ams_table *head, ams_error *err)
{
    char text[32];
    ams_status status = AMS_OK;
    for (uint32_t l = 0; l < STAGES; l++) {
        snprintf(text, sizeof text, "exit-%u", l + 1);
        AMS_TRY(ams_synth_head_model(head, text, "class", TIME_MS, 100, err));
        AMS_TRY(ams_exits_set(&head->exits, STAGES, l, "net", l + 1, err));
    }
    for (uint32_t k = 0; k < CLASSES; k++) {
        uint32_t index = 0;
        snprintf(text, sizeof text, "class/%u", k);
        AMS_TRY(ams_names_add(&head->label_name, text, strlen(text), &index, err));
    }
out:
    return status;
}

static ams_status exits_open(void **state, ams_table *head, const ams_synth_options *options,
                             ams_synth_targets *targets, ams_error *err)
{
    exits_state *e = NULL;
    ams_status status = AMS_OK;
    (void)options;
    *targets = (ams_synth_targets){0};
    AMS_TRY(ams_alloc(&e, 1, sizeof *e, "a generator", err));
    ams_normal_init(&e->normal);
    AMS_TRY(fill_head(head, err));
    *state = e;
    e = NULL;
out:
    free(e);
    return status;
}

static void exits_close(void *state)
{
    free(state);
}

const ams_synth_kind ams_synth_kind_exits = {
    .open = exits_open, .close = exits_close, .item = exits_item, .truth = exits_truth};
