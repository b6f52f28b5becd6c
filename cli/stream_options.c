/* What the options of `ams stream` mean. */
#include "cli/stream.h"

#include "base/memory.h"
#include "base/number.h"
#include "console/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VALUES = 64, MOST_POINTS = 256 };

static ams_status read_source(ams_source_options *o, const cli_args *args, ams_error *err)
{
    const cli_unit ms[] = {{"ms", 1}, {"s", 1000}};
    size_t n = 0;
    int choice = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_choice(args, "--arrivals", ams_arrivals_names, &choice, err));
    o->arrivals = (ams_arrivals)choice;
    if (cli_has(args, "--trace")) {
        if (cli_has(args, "--arrivals") && o->arrivals != AMS_ARRIVE_TRACE) {
            return ams_fail(err, AMS_USAGE,
                            "option --trace: arrivals are those of the trace; "
                            "leave out --arrivals");
        }
        o->arrivals = AMS_ARRIVE_TRACE;
    }
    const char *think = cli_get(args, "--think", NULL);
    if (think != NULL) {
        AMS_TRY(cli_parse_units("--think", think, ms, 2, &o->think_ms, 1, &n, err));
    }
    AMS_TRY(cli_get_real(args, "--burst", 1, 1000, &o->burst, err));
    AMS_TRY(cli_get_count(args, "--jobs", UINT64_C(1) << 32, &o->jobs, err));
    o->on_answer = cli_has(args, "--on-answer");
out:
    return status;
}

static ams_status read_workers(ams_dispatch_options *o, const cli_args *args, ams_error *err)
{
    uint64_t workers = 1;
    ams_status status = AMS_OK;
    if (strcmp(cli_get(args, "--workers", ""), "models") == 0) {
        o->workers = 0;
        return AMS_OK;
    }
    AMS_TRY(cli_get_count(args, "--workers", AMS_STREAM_WORKERS, &workers, err));
    o->workers = (uint32_t)workers;
out:
    return status;
}

static ams_status read_dispatch(ams_dispatch_options *o, const cli_args *args, ams_error *err)
{
    static const char *const late[] = {"drop", "run", NULL};
    uint64_t mandatory = o->mandatory;
    uint64_t window = o->window;
    int choice = 0;
    ams_status status = AMS_OK;
    AMS_TRY(read_workers(o, args, err));
    AMS_TRY(cli_get_count(args, "--mandatory", AMS_STREAM_STAGES, &mandatory, err));
    AMS_TRY(cli_get_count(args, "--window", 256, &window, err));
    AMS_TRY(cli_get_choice(args, "--late", late, &choice, err));
    AMS_TRY(cli_get_real(args, "--miss-cost", 0, 100, &o->miss_cost, err));
    AMS_TRY(cli_get_real(args, "--ageing", 0, 100, &o->ageing, err));
    o->mandatory = (uint32_t)mandatory;
    o->window = (uint32_t)window;
    o->late = (ams_stream_late)choice;
    o->early_answer = cli_has(args, "--early-answer");
out:
    return status;
}

/* none, recorded, or a number. */
static ams_status read_noise(ams_sim_options *o, const cli_args *args, ams_error *err)
{
    const char *text = cli_get(args, "--noise", "none");
    o->noise = AMS_NOISE_NONE;
    if (strcmp(text, "recorded") == 0) {
        o->noise = AMS_NOISE_RECORDED;
    } else if (strcmp(text, "none") != 0) {
        o->noise = AMS_NOISE_LOGNORMAL;
        if (!ams_parse_double(text, &o->noise_sd) || !(o->noise_sd > 0 && o->noise_sd <= 3)) {
            return ams_fail(
                err, AMS_USAGE,
                "option --noise: expected none, recorded or a number up to 3, found "
                "'%s'",
                text);
        }
    }
    return AMS_OK;
}

ams_status cli_stream_base(ams_sim_options *base, const cli_args *args, ams_error *err)
{
    uint64_t warmup = 500;
    ams_status status = AMS_OK;
    base->dispatch = ams_dispatch_defaults();
    base->source = ams_source_defaults();
    base->measure = true;
    AMS_TRY(read_source(&base->source, args, err));
    AMS_TRY(read_dispatch(&base->dispatch, args, err));
    AMS_TRY(read_noise(base, args, err));
    AMS_TRY(cli_get_u64(args, "--warmup", &warmup, err));
    if (strcmp(cli_get(args, "--charge-scheduler", ""), "measured") == 0) {
        base->charge_us = -1;
    } else {
        AMS_TRY(cli_get_real(args, "--charge-scheduler", 0, 1e6, &base->charge_us, err));
    }
    if (base->source.arrivals != AMS_ARRIVE_TRACE && warmup >= base->source.jobs) {
        status = ams_fail(err, AMS_USAGE,
                          "option --warmup: expected less than --jobs %llu, "
                          "found %llu",
                          (unsigned long long)base->source.jobs, (unsigned long long)warmup);
    }
    base->warmup = warmup;
out:
    return status;
}

/* The lists that points are combined of. */
typedef struct point_lists {
    double rate[MOST_VALUES]; /* clients or load */
    double high_ms[MOST_VALUES];
    double delta[MOST_VALUES];
    size_t n_rates, n_highs, n_deltas;
    double low_ms;
    bool constant;
} point_lists;

static ams_status read_deadlines(point_lists *l, const ams_stream_data *data,
                                 uint32_t mandatory, const cli_args *args, ams_error *err)
{
    double full = 0;
    double needed = 0;
    size_t n = 0;
    ams_status status = AMS_OK;
    for (uint32_t m = 0; m < data->work[2].n_models; m++) {
        full += (double)data->time_ms[m];
        needed += m < mandatory ? (double)data->time_ms[m] : 0;
    }
    const cli_unit units[] = {{"ms", 1}, {"s", 1000}, {"m", needed}, {"x", full}};
    const cli_unit times[] = {{"", full}, {"x", full}};
    l->constant = cli_has(args, "--slo-scale");
    if (l->constant) {
        status = cli_parse_units("--slo-scale", cli_get(args, "--slo-scale", ""), times, 2,
                                 l->high_ms, MOST_VALUES, &l->n_highs, err);
        goto out;
    }
    AMS_TRY(cli_parse_units("--deadline-low", cli_get(args, "--deadline-low", "1.2m"), units, 4,
                            &l->low_ms, 1, &n, err));
    AMS_TRY(cli_parse_units("--deadline-high", cli_get(args, "--deadline-high", "2x"), units, 4,
                            l->high_ms, MOST_VALUES, &l->n_highs, err));
out:
    return status;
}

static ams_status check_points(const point_lists *l, ams_error *err)
{
    for (size_t k = 0; k < l->n_highs && !l->constant; k++) {
        if (l->high_ms[k] < l->low_ms) {
            return ams_fail(err, AMS_USAGE,
                            "option --deadline-high: %g ms is below --deadline-low, %g ms",
                            l->high_ms[k], l->low_ms);
        }
    }
    if (l->n_rates * l->n_highs * l->n_deltas > MOST_POINTS) {
        return ams_fail(err, AMS_USAGE, "%zu x %zu x %zu points: expected at most %d",
                        l->n_rates, l->n_highs, l->n_deltas, MOST_POINTS);
    }
    return AMS_OK;
}

ams_status cli_stream_points(const ams_stream_data *data, const ams_sim_options *base,
                             const cli_args *args, ams_stream_point **point, uint32_t *n,
                             ams_error *err)
{
    const cli_unit plain[] = {{"", 1}};
    const bool closed = base->source.arrivals == AMS_ARRIVE_CLIENTS;
    const char *rate = closed ? "--clients" : "--load";
    point_lists *l = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&l, 1, sizeof *l, "points", err));
    AMS_TRY(cli_parse_units(rate, cli_get(args, rate, closed ? "8" : "1"), plain, 1, l->rate,
                            MOST_VALUES, &l->n_rates, err));
    AMS_TRY(cli_parse_units("--delta", cli_get(args, "--delta", "0.01"), plain, 1, l->delta,
                            MOST_VALUES, &l->n_deltas, err));
    AMS_TRY(read_deadlines(l, data, base->dispatch.mandatory, args, err));
    AMS_TRY(check_points(l, err));
    AMS_TRY(
        ams_alloc(point, l->n_rates * l->n_highs * l->n_deltas, sizeof **point, "points", err));
    *n = 0;
    for (size_t r = 0; r < l->n_rates; r++) {
        for (size_t h = 0; h < l->n_highs; h++) {
            for (size_t d = 0; d < l->n_deltas; d++) {
                (*point)[(*n)++] = (ams_stream_point){
                    .clients = closed ? (uint32_t)fmin(l->rate[r], UINT32_MAX) : 0,
                    .load = closed ? 0 : l->rate[r],
                    .deadline_low_ms = l->constant ? l->high_ms[h] : l->low_ms,
                    .deadline_high_ms = l->high_ms[h],
                    .delta = l->delta[d]};
            }
        }
    }
out:
    free(l);
    return status;
}
