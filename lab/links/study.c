#include "ams/link_study.h"

#include "ams/paired.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Fillings that are made once and only tuned for each set. */
typedef struct study_run {
    ams_link_study *study;
    ams_link_fill kept[AMS_FILLINGS];
    uint32_t made;   /* bit per filling */
    double *item_f1; /* (rows, n) or NULL */
} study_run;

static uint32_t bits(uint32_t set)
{
    return (uint32_t)__builtin_popcount(set);
}

/* The filling ready for the set. REFIT is made anew; the caller ends it. */
static ams_status prepare(study_run *r, ams_link_filling filling, uint64_t set,
                          ams_link_fill **fill, ams_error *err)
{
    const ams_link_session *s = r->study->session;
    const ams_link_ran ran = {.set = set};
    *fill = &r->kept[filling];
    if (filling == AMS_FILL_REFIT && (r->made >> filling & 1)) {
        ams_link_fill_fini(*fill);
        r->made &= ~(1U << filling);
    }
    if (r->made >> filling & 1) {
        return ams_link_fill_tune(*fill, &ran, err);
    }
    ams_status status = ams_link_fill_init(*fill, s, filling, set, err);
    r->made |= status == AMS_OK ? 1U << filling : 0;
    return status;
}

static ams_status measure_row(study_run *r, ams_link_study_row *row, double *item_f1,
                              ams_error *err)
{
    const ams_link_session *s = r->study->session;
    const ams_link_ran ran = {.set = row->choice.set};
    ams_link_accuracy floor;
    ams_link_fill *fill = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(prepare(r, row->filling, ran.set, &fill, err));
    AMS_TRY(ams_link_fill_measure(fill, &ran, &row->accuracy, item_f1, err));
    row->link_us = 1e6 * row->accuracy.seconds / s->measured.n;
    row->weights = ams_link_weights(&fill->map);
    AMS_TRY(prepare(r, AMS_FILL_CONSTANT, ran.set, &fill, err));
    AMS_TRY(ams_link_fill_measure(fill, &ran, &floor, NULL, err));
    for (uint32_t k = 0; k < AMS_LINK_METRICS; k++) {
        row->floor[k] = floor.mean[k];
    }
    for (uint32_t m = 0; m < s->space.n_models; m++) {
        row->time_ms += ran.set >> m & 1 ? s->time_ms[m] : 0;
        row->mem_mb += ran.set >> m & 1 ? s->mem_mb[m] : 0;
    }
out:
    return status;
}

static ams_status run_rows(study_run *r, ams_error *err)
{
    ams_link_study *study = r->study;
    const ams_link_study_options *o = &study->options;
    const size_t n = study->session->measured.n;
    const double all = (double)o->n_budgets * bits(o->methods) * bits(o->fillings);
    ams_status status = AMS_OK;
    for (uint32_t b = 0; b < o->n_budgets; b++) {
        for (uint32_t m = 0; m < AMS_CHOOSE_METHODS; m++) {
            ams_choice choice;
            if (!(o->methods >> m & 1)) {
                continue;
            }
            AMS_TRY(ams_link_session_choose(study->session, (ams_link_method)m, &o->budget[b],
                                            &choice, err));
            for (uint32_t f = 0; f < AMS_FILLINGS; f++) {
                if (!(o->fillings >> f & 1)) {
                    continue;
                }
                ams_link_study_row *row = &study->row[study->n_rows];
                *row = (ams_link_study_row){.budget = b,
                                            .method = (ams_link_method)m,
                                            .filling = (ams_link_filling)f,
                                            .choice = choice,
                                            .low = (double)NAN,
                                            .high = (double)NAN};
                double *item = r->item_f1 == NULL ? NULL : r->item_f1 + study->n_rows * n;
                AMS_TRY(measure_row(r, row, item, err));
                study->n_rows++;
                ams_progress_update(o->progress, study->n_rows, all, NULL);
            }
        }
    }
out:
    return status;
}

static ams_status add_intervals(study_run *r, ams_error *err)
{
    ams_link_study *study = r->study;
    const ams_link_study_options *o = &study->options;
    const size_t n = study->session->measured.n;
    const ams_bootstrap_options how = {.seed = o->seed, .draws = o->draws, .pool = o->pool};
    ams_paired paired = {0};
    ams_paired_group *group = NULL;
    const double **first = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&group, study->n_rows, sizeof *group, "intervals", err));
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    AMS_TRY(ams_alloc(&first, study->n_rows, sizeof *first, "intervals", err));
    for (uint32_t k = 0; k < study->n_rows; k++) {
        first[k] = r->item_f1 + k * n;
        group[k] = (ams_paired_group){.run = &first[k], .n_runs = 1};
    }
    AMS_TRY(ams_paired_run(&paired, group, study->n_rows, (uint32_t)n, 1, &how, err));
    for (uint32_t k = 0; k < study->n_rows; k++) {
        const ams_interval i = ams_paired_interval(&paired, AMS_PAIRED_MEAN, k, 0, 0);
        study->row[k].low = i.low;
        study->row[k].high = i.high;
    }
out:
    ams_paired_fini(&paired);
    free(group);
    free((void *)first);
    return status;
}

ams_status ams_link_study_run(ams_link_study *study, const ams_link_session *session,
                              const ams_link_study_options *options, ams_error *err)
{
    const size_t rows =
        (size_t)options->n_budgets * bits(options->methods) * bits(options->fillings);
    study_run r = {.study = study};
    ams_status status = AMS_OK;
    *study = (ams_link_study){.session = session, .options = *options};
    AMS_TRY(ams_alloc(&study->row, rows, sizeof *study->row, "rows", err));
    if (options->draws > 0) {
        AMS_TRY(
            ams_alloc(&r.item_f1, rows * session->measured.n, sizeof *r.item_f1, "rows", err));
    }
    AMS_TRY(run_rows(&r, err));
    if (options->draws > 0) {
        AMS_TRY(add_intervals(&r, err));
    }
out:
    for (uint32_t f = 0; f < AMS_FILLINGS; f++) {
        if (r.made >> f & 1) {
            ams_link_fill_fini(&r.kept[f]);
        }
    }
    free(r.item_f1);
    if (status != AMS_OK) {
        ams_link_study_fini(study);
    }
    return status;
}

void ams_link_study_fini(ams_link_study *study)
{
    free(study->row);
    *study = (ams_link_study){.row = NULL};
}
