/* What no scheduler exceeds: a linear program per block of jobs. Shih, Liu, Chung and Gillies
 * (1989 to 1995) relax imprecise computations in this way. The only file that knows GLPK. */
#include "ams/stream_sim.h"

#include "base/memory.h"
#include "stream/arrivals.h"
#include "stream/noise.h"

#include <glpk.h>
#include <math.h>
#include <stdlib.h>

/* A corner of the concave envelope of score over work. */
typedef struct bound_corner {
    double ms, score;
} bound_corner;

/* The jobs of a block, and the times between which nothing arrives or is due. */
typedef struct bound_block {
    const ams_sim_options *o;
    const ams_stream_job *const *job; /* (n) */
    uint32_t n;
    double scale; /* of times: GLPK's tolerances are absolute, so work is to be near 1 */
    double *time; /* (n_times) ascending, distinct; scaled */
    uint32_t n_times;
    glp_prob *program;
    int *row;      /* scratch of a column: GLPK counts from 1 */
    double *value; /* (3) */
} bound_block;

static int by_time(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A power of two, which changes no digit, near one over the mean time of all models. */
static double scale_of(const ams_workload *w)
{
    double ms = 0;
    int exponent = 0;
    for (uint32_t l = 0; l < w->n_models; l++) {
        ms += (double)w->time_ms[l];
    }
    (void)frexp(ms, &exponent);
    return ldexp(1, -exponent);
}

/* Corners from no work on (the first one), each with less gain per time than the one before. */
static uint32_t envelope(const bound_block *b, const ams_stream_job *job,
                         bound_corner corner[AMS_STREAM_STAGES + 1])
{
    const ams_sim_options *o = b->o;
    const ams_workload *w = o->workload;
    uint32_t n = 1;
    double ms = 0;
    corner[0] = (bound_corner){0, 0};
    for (uint32_t l = 1; l <= w->n_models; l++) {
        ms += b->scale * ams_stream_run_ms(o, job->id, job->item, l - 1);
        const double score = (double)w->score[(size_t)job->item * (w->n_models + 1) + l];
        if (l < o->dispatch.mandatory || score <= corner[n - 1].score) {
            continue;
        }
        while (n > 1 &&
               (corner[n - 1].score - corner[n - 2].score) * (ms - corner[n - 2].ms) <=
                   (score - corner[n - 2].score) * (corner[n - 1].ms - corner[n - 2].ms)) {
            n--;
        }
        corner[n++] = (bound_corner){ms, score};
    }
    return n;
}

static void add_column(bound_block *b, double most, double gain, int n_rows)
{
    const int column = glp_add_cols(b->program, 1);
    glp_set_col_bnds(b->program, column, most > 0 ? GLP_DB : GLP_FX, 0, most);
    glp_set_obj_coef(b->program, column, gain);
    glp_set_mat_col(b->program, column, n_rows, b->row, b->value);
}

/* Rows 1 .. n: work of a job is no more than the time it gets. The others: a slot's time. */
static void add_job(bound_block *b, uint32_t i)
{
    const ams_stream_job *job = b->job[i];
    bound_corner corner[AMS_STREAM_STAGES + 1];
    const uint32_t corners = envelope(b, job, corner);
    b->row[1] = (int)i + 1;
    for (uint32_t k = 1; k < corners; k++) {
        const double ms = corner[k].ms - corner[k - 1].ms;
        b->value[1] = 1;
        add_column(b, ms, (corner[k].score - corner[k - 1].score) / ms, 1);
    }
    for (uint32_t t = 0; t + 1 < b->n_times; t++) {
        if (b->time[t] >= b->scale * job->arrival_ms &&
            b->time[t + 1] <= b->scale * job->deadline_ms) {
            b->row[2] = (int)(b->n + t) + 1;
            b->value[1] = -1;
            b->value[2] = 1;
            add_column(b, b->time[t + 1] - b->time[t], 0, 2);
        }
    }
}

static ams_status solve(bound_block *b, double *best, ams_error *err)
{
    glp_smcp how;
    b->program = glp_create_prob();
    glp_set_obj_dir(b->program, GLP_MAX);
    glp_add_rows(b->program, (int)(b->n + b->n_times));
    for (uint32_t i = 0; i < b->n; i++) {
        glp_set_row_bnds(b->program, (int)i + 1, GLP_UP, 0, 0);
    }
    for (uint32_t t = 0; t + 1 < b->n_times; t++) {
        glp_set_row_bnds(b->program, (int)(b->n + t) + 1, GLP_UP, 0,
                         (b->time[t + 1] - b->time[t]) * b->o->dispatch.workers);
    }
    for (uint32_t i = 0; i < b->n; i++) {
        add_job(b, i);
    }
    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    const int failed = glp_simplex(b->program, &how);
    const int state = glp_get_status(b->program);
    *best += glp_get_obj_val(b->program);
    glp_delete_prob(b->program);
    if (failed != 0 || state != GLP_OPT) {
        return ams_fail(err, AMS_BACKEND,
                        "the linear program of %u jobs was not solved: GLPK's codes %d and %d",
                        b->n, failed, state);
    }
    return AMS_OK;
}

static void list_times(bound_block *b)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        b->time[n++] = b->scale * b->job[i]->arrival_ms;
        b->time[n++] = b->scale * b->job[i]->deadline_ms;
    }
    qsort(b->time, n, sizeof *b->time, by_time);
    b->n_times = 0;
    for (uint32_t t = 0; t < n; t++) {
        if (b->n_times == 0 || b->time[t] > b->time[b->n_times - 1]) {
            b->time[b->n_times++] = b->time[t];
        }
    }
}

static ams_status check_request(const ams_sim_result *result, const ams_sim_options *o,
                                uint32_t block, ams_error *err)
{
    if (o->workload->sets || o->dispatch.workers == 0 || result->n_jobs == 0 || block == 0) {
        return ams_fail(
            err, AMS_USAGE,
            "the bound is of recorded jobs of stages on equal workers, in blocks of "
            "at least one");
    }
    return AMS_OK;
}

ams_status ams_stream_bound(const ams_sim_result *result, const ams_sim_options *options,
                            uint32_t block, double *bound, ams_error *err)
{
    const ams_stream_job **job = NULL;
    bound_block b = {.o = options, .scale = scale_of(options->workload)};
    double sum = 0;
    uint64_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(check_request(result, options, block, err));
    AMS_TRY(ams_stream_arrivals(&job, &n, result, options->warmup, err));
    AMS_TRY(ams_alloc(&b.time, 2 * (size_t)block, sizeof *b.time, "a bound", err));
    AMS_TRY(ams_alloc(&b.row, 3, sizeof *b.row, "a bound", err));
    AMS_TRY(ams_alloc(&b.value, 3, sizeof *b.value, "a bound", err));
    for (uint64_t first = 0; first < n; first += block) {
        b.job = job + first;
        b.n = n - first < block ? (uint32_t)(n - first) : block;
        list_times(&b);
        AMS_TRY(solve(&b, &sum, err));
    }
    *bound = n == 0 ? 0 : sum / (double)n;
out:
    glp_free_env();
    free(job);
    free(b.time);
    free(b.row);
    free(b.value);
    return status;
}
