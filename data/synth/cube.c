/* CUBE and CUBE-NM, as models and labels (docs/generated-data.md has the mapping). */
#include "base/memory.h"
#include "data/synth/draw.h"
#include "data/synth/kind.h"
#include "data/synth/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 8, BITS = 3 };

typedef struct cube_params {
    double contexts, dummies, block; /* whole numbers */
    double mean, deviation, informative, context;
    double time_ms, context_time_ms, mem_mb;
} cube_params;

#define KEY(field, low, high)                                                                  \
    {                                                                                          \
#field, offsetof(cube_params, field), low, high                                        \
    }
static const ams_synth_key keys[] = {
    KEY(contexts, 0, 9), KEY(dummies, 0, 40),      KEY(block, CLASSES + BITS - 1, 20),
    KEY(mean, -10, 10),  KEY(deviation, 0, 10),    KEY(informative, 0, 10),
    KEY(context, 0, 10), KEY(time_ms, 0.001, 1e6), KEY(context_time_ms, 0.001, 1e6),
    KEY(mem_mb, 0, 1e6),
};

typedef struct cube_state {
    cube_params p;
    uint32_t contexts, blocks, block, dummies;
    ams_normal normal;
} cube_state;

static bool has_context(const cube_state *c)
{
    return c->contexts > 0;
}

/* Labels in ascending order of names: "context/0".., then "feature/b0-f00=0", "..=1",
 * "b0-f01=0" and so on; dummies come after the blocks, as block number `blocks`. */
static uint32_t label_of(const cube_state *c, uint32_t block, uint32_t feature, uint32_t bit)
{
    return c->contexts + 2 * (block * c->block + feature) + bit;
}

static ams_status add_text(ams_names *names, const char *text, ams_error *err)
{
    uint32_t index = 0;
    return ams_names_add(names, text, strlen(text), &index, err);
}

static ams_status add_feature(ams_table *head, const cube_state *c, uint32_t block,
                              uint32_t feature, ams_error *err)
{
    char text[64];
    ams_status status = AMS_OK;
    snprintf(text, sizeof text, "b%u-f%02u", block, feature);
    AMS_TRY(ams_synth_head_model(head, text, "feature", c->p.time_ms, c->p.mem_mb, err));
    for (unsigned bit = 0; bit < 2; bit++) {
        snprintf(text, sizeof text, "feature/b%u-f%02u=%u", block, feature, bit);
        AMS_TRY(add_text(&head->label_name, text, err));
    }
out:
    return status;
}

static ams_status fill_head(ams_table *head, const cube_state *c, ams_error *err)
{
    ams_status status = AMS_OK;
    if (has_context(c)) {
        AMS_TRY(ams_synth_head_model(head, "context", "context", c->p.context_time_ms,
                                     c->p.mem_mb, err));
    }
    for (uint32_t k = 0; k < c->contexts; k++) {
        char text[32];
        snprintf(text, sizeof text, "context/%u", k);
        AMS_TRY(add_text(&head->label_name, text, err));
    }
    for (uint32_t b = 0; b < c->blocks; b++) {
        for (uint32_t f = 0; f < c->block; f++) {
            AMS_TRY(add_feature(head, c, b, f, err));
        }
    }
    for (uint32_t f = 0; f < c->dummies; f++) {
        AMS_TRY(add_feature(head, c, c->blocks, f, err));
    }
out:
    return status;
}

static ams_status cube_open(void **state, ams_table *head, const ams_synth_options *options,
                            ams_synth_targets *targets, ams_error *err)
{
    cube_state *c = NULL;
    ams_tsv tsv = {0};
    ams_status status = AMS_OK;
    *targets = (ams_synth_targets){0};
    AMS_TRY(ams_alloc(&c, 1, sizeof *c, "a generator", err));
    AMS_TRY(ams_synth_open(&tsv, AMS_SYNTH_CUBE, options->folder, err));
    AMS_TRY(
        ams_synth_params(&c->p, keys, sizeof keys / sizeof *keys, &tsv, options->preset, err));
    ams_normal_init(&c->normal);
    c->contexts = (uint32_t)c->p.contexts;
    c->blocks = c->contexts > 0 ? c->contexts : 1;
    c->block = (uint32_t)c->p.block;
    c->dummies = (uint32_t)c->p.dummies;
    uint32_t models = has_context(c) + c->blocks * c->block + c->dummies;
    if (models > AMS_MAX_MODELS) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s: contexts, block and dummies: at most %d models "
                          "expected, these make %u",
                          tsv.path, AMS_MAX_MODELS, models);
        goto out;
    }
    AMS_TRY(fill_head(head, c, err));
    *state = c;
    c = NULL;
out:
    ams_tsv_fini(&tsv);
    free(c);
    return status;
}

static double clamp(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* A reading that carries a bit is an output of that bit, above 0.5. One that carries none shows
 * its reading as half the confidence, so it never has value. */
static void read_feature(const cube_state *c, ams_rng *rng, ams_synth_row *row, uint32_t first,
                         int bit)
{
    double z = ams_normal_draw(&c->normal, rng);
    row->count = 0;
    if (bit >= 0) {
        double off = c->p.informative * z;
        double sure = clamp(1 - (off < 0 ? -off : off));
        ams_synth_add_conf(row, first + (uint32_t)bit, 0.51 + 0.49 * sure);
    } else {
        double reading = clamp(c->p.mean + c->p.deviation * z);
        ams_synth_add_conf(row, first, 0.5 * (1 - reading));
        ams_synth_add_conf(row, first + 1, 0.5 * reading);
    }
}

static void read_context(const cube_state *c, ams_rng *rng, ams_synth_row *row,
                         uint32_t context)
{
    row->count = 0;
    for (uint32_t k = 0; k < c->contexts; k++) {
        double reading = (k == context) + c->p.context * ams_normal_draw(&c->normal, rng);
        ams_synth_add_conf(row, k, 0.5 * clamp(reading));
    }
}

static void cube_item(const void *state, uint64_t seed, uint64_t index, ams_synth_row *rows,
                      float *time_ms)
{
    const cube_state *c = state;
    ams_rng rng = ams_synth_rng(seed, index, 0);
    uint32_t class = ams_synth_below(&rng, CLASSES);
    uint32_t context = ams_synth_below(&rng, c->blocks);
    uint32_t m = 0;
    if (has_context(c)) {
        rng = ams_synth_rng(seed, index, 1);
        read_context(c, &rng, &rows[m++], context);
    }
    for (uint32_t b = 0; b <= c->blocks; b++) {
        uint32_t features = b < c->blocks ? c->block : c->dummies;
        for (uint32_t f = 0; f < features; f++) {
            bool tells = b == context && f >= class && f < class + BITS;
            int bit = tells ? (int)(class >> (f - class) & 1) : -1;
            rng = ams_synth_rng(seed, index, m + 1);
            read_feature(c, &rng, &rows[m++], label_of(c, b, f, 0), bit);
        }
    }
    if (time_ms != NULL) {
        for (uint32_t k = 0; k < m; k++) {
            time_ms[k] =
                (float)(has_context(c) && k == 0 ? c->p.context_time_ms : c->p.time_ms);
        }
    }
}

static void cube_close(void *state)
{
    free(state);
}

const ams_synth_kind ams_synth_kind_cube = {
    .open = cube_open, .close = cube_close, .item = cube_item};
