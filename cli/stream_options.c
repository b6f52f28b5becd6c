/* What the options of `ams stream` mean. */
#include "cli/stream.h"

#include "base/number.h"
#include "console/options.h"
#include "console/units.h"

#include <math.h>
#include <string.h>

enum { MOST_VALUES = 64 };

const char *const cli_stream_late[] = {"drop", "run", NULL};

/* How many units of time there are: that of the table, and seconds where it is ms. */
static size_t set_times(cli_unit units[2], const ams_table *table)
{
    units[0] = (cli_unit){ams_table_cost_unit(table), 1};
    units[1] = (cli_unit){"s", 1000};
    return ams_table_costs_ms(table) ? 2 : 1;
}

ams_status cli_read_workers(const char *option, const char *text, void *value, ams_error *err)
{
    uint64_t workers = 0; /* models: one each */
    if (strcmp(text, "models") != 0 &&
        (!ams_parse_u64(text, &workers) || workers == 0 || workers > AMS_STREAM_WORKERS)) {
        return ams_fail(err, AMS_USAGE, "option %s: expected models, or 1 to %d, found %s",
                        option, AMS_STREAM_WORKERS, text);
    }
    *(uint32_t *)value = (uint32_t)workers;
    return AMS_OK;
}

/* none, recorded, or a number. */
ams_status cli_read_noise(const char *option, const char *text, void *value, ams_error *err)
{
    ams_sim_options *o = value;
    o->noise = strcmp(text, "none") == 0       ? AMS_NOISE_NONE
               : strcmp(text, "recorded") == 0 ? AMS_NOISE_RECORDED
                                               : AMS_NOISE_LOGNORMAL;
    if (o->noise == AMS_NOISE_LOGNORMAL &&
        (!ams_parse_double(text, &o->noise_sd) || !(o->noise_sd > 0 && o->noise_sd <= 3))) {
        return ams_fail(err, AMS_USAGE,
                        "option %s: expected none, recorded or a number up to 3, found '%s'",
                        option, text);
    }
    return AMS_OK;
}

ams_status cli_read_charge(const char *option, const char *text, void *value, ams_error *err)
{
    double us = -1; /* as measured */
    if (strcmp(text, "measured") != 0 && (!ams_parse_double(text, &us) || us < 0 || us > 1e6)) {
        return ams_fail(err, AMS_USAGE,
                        "option %s: expected a number from 0 to 1000000, found %s", option,
                        text);
    }
    *(double *)value = us;
    return AMS_OK;
}

ams_status cli_stream_check(cli_stream_job *job, const cli_args *args, ams_error *err)
{
    ams_source_options *source = &job->study.base.source;
    if (job->trace != NULL && cli_has(args, "--arrivals") &&
        source->arrivals != AMS_ARRIVE_TRACE) {
        return ams_fail(err, AMS_USAGE,
                        "option --trace: arrivals are those of the trace; "
                        "leave out --arrivals");
    }
    source->arrivals = job->trace != NULL ? AMS_ARRIVE_TRACE : source->arrivals;
    if (source->arrivals != AMS_ARRIVE_TRACE && job->study.base.warmup >= source->jobs) {
        return ams_fail(
            err, AMS_USAGE, "option --warmup: expected less than --jobs %llu, found %llu",
            (unsigned long long)source->jobs, (unsigned long long)job->study.base.warmup);
    }
    if (job->data.sets && job->data.n_models > 0) {
        return ams_fail(err, AMS_USAGE, "option --sets: models are stages or sets, not both");
    }
    return AMS_OK;
}

ams_status cli_stream_finish(cli_stream_job *job, const ams_stream_data *data,
                             ams_stream_trace *trace, const cli_args *args, ams_error *err)
{
    ams_sim_options *base = &job->study.base;
    cli_unit times[2];
    const size_t n_times = set_times(times, &data->table);
    double largest = 0;
    size_t n = 0;
    ams_status status = AMS_OK;
    if (job->think != NULL) {
        AMS_TRY(cli_parse_units("--think", job->think, times, n_times, &base->source.think_ms,
                                1, &n, err));
    }
    if (base->source.arrivals == AMS_ARRIVE_TRACE) {
        AMS_TRY(cli_require(args, "--trace", &job->trace, err));
        AMS_TRY(ams_stream_data_read_trace(data, trace, job->trace, err));
        base->source.trace = trace;
        base->source.jobs = cli_has(args, "--jobs") ? base->source.jobs : trace->n;
        base->warmup = cli_has(args, "--warmup") ? base->warmup : 0;
    }
    for (uint32_t m = 0; m < data->work[2].n_models; m++) {
        largest = fmax(largest, (double)data->mem_mb[m]);
    }
    const cli_unit mb[] = {{"MB", 1}, {"GB", 1000}, {"x", largest}};
    if (job->memory != NULL) {
        status = cli_parse_units("--memory", job->memory, mb, 3, &base->dispatch.memory_mb, 1,
                                 &n, err);
    }
out:
    return status;
}

/* low_ms and high_ms (MOST_VALUES), in units of the data. */
static ams_status read_deadlines(ams_stream_axes *axes, double *high_ms,
                                 const cli_stream_job *job, const ams_stream_data *data,
                                 ams_error *err)
{
    double full = 0;
    double needed = 0;
    size_t n = 0;
    ams_status status = AMS_OK;
    for (uint32_t m = 0; m < data->work[2].n_models; m++) {
        full += (double)data->time_ms[m];
        needed += m < job->study.base.dispatch.mandatory ? (double)data->time_ms[m] : 0;
    }
    const char *unit = ams_table_cost_unit(&data->table);
    cli_unit units[4];
    const size_t known = set_times(units, &data->table);
    units[known] = (cli_unit){"m", needed};
    units[known + 1] = (cli_unit){"x", full};
    const cli_unit times[] = {{"", full}, {"x", full}};
    axes->constant = job->scale != NULL;
    if (axes->constant) {
        return cli_parse_units("--slo-scale", job->scale, times, 2, high_ms, MOST_VALUES,
                               &axes->n_highs, err);
    }
    AMS_TRY(cli_parse_units("--deadline-low", job->low, units, known + 2, &axes->low_ms, 1, &n,
                            err));
    AMS_TRY(cli_parse_units("--deadline-high", job->high, units, known + 2, high_ms,
                            MOST_VALUES, &axes->n_highs, err));
    for (size_t k = 0; k < axes->n_highs; k++) {
        if (high_ms[k] < axes->low_ms) {
            return ams_fail(err, AMS_USAGE,
                            "option --deadline-high: %g %s is below --deadline-low, %g %s",
                            high_ms[k], unit, axes->low_ms, unit);
        }
    }
out:
    return status;
}

/* An option that nothing would read is a mistake. */
static ams_status refuse_unread(const cli_stream_job *job, const cli_args *args, ams_error *err)
{
    const bool clients = job->study.base.source.arrivals == AMS_ARRIVE_CLIENTS;
    const struct {
        const char *option, *wants;
        bool read;
    } some[] = {{"--clients", "--arrivals clients", clients},
                {"--think", "--arrivals clients", clients},
                {"--load", "other --arrivals than clients", !clients},
                {"--deadline-low", "no --slo-scale", job->scale == NULL},
                {"--deadline-high", "no --slo-scale", job->scale == NULL}};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        if (!some[i].read && cli_has(args, some[i].option)) {
            return ams_fail(err, AMS_USAGE, "option %s: expected with %s", some[i].option,
                            some[i].wants);
        }
    }
    return AMS_OK;
}

ams_status cli_stream_points(cli_stream_job *job, const ams_stream_data *data,
                             const cli_args *args, ams_error *err)
{
    const cli_unit plain[] = {{"", 1}};
    double rate[MOST_VALUES];
    double high_ms[MOST_VALUES];
    double delta[MOST_VALUES];
    ams_stream_axes axes = {.rate = rate, .high_ms = high_ms, .delta = delta};
    ams_stream_point *point = NULL;
    ams_status status = AMS_OK;
    axes.clients = job->study.base.source.arrivals == AMS_ARRIVE_CLIENTS;
    AMS_TRY(refuse_unread(job, args, err));
    AMS_TRY(cli_parse_units(axes.clients ? "--clients" : "--load",
                            axes.clients ? job->clients : job->load, plain, 1, rate,
                            MOST_VALUES, &axes.n_rates, err));
    AMS_TRY(cli_parse_units("--delta", job->delta, plain, 1, delta, MOST_VALUES, &axes.n_deltas,
                            err));
    AMS_TRY(read_deadlines(&axes, high_ms, job, data, err));
    AMS_TRY(ams_stream_points(&axes, &point, &job->study.n_points, err));
    AMS_TRY(cli_keep(args, point, err));
    job->study.point = point;
out:
    return status;
}
