/* What the options of `ams bench` mean. */
#include "cli/bench.h"

#include "ams/pool.h"
#include "base/number.h"

#include <stdio.h>
#include <string.h>

const char *const cli_bench_clocks[] = {"wall", "cpu", NULL}; /* the second is true */

/* The next part of a list; NULL at its end. */
static const char *next_part(const char *text, char part[32])
{
    snprintf(part, 32, "%.*s", (int)strcspn(text, ","), text);
    const char *comma = strchr(text, ',');
    return comma == NULL ? NULL : comma + 1;
}

ams_status cli_read_figures(const char *option, const char *text, void *value, ams_error *err)
{
    uint32_t *what = value;
    char part[32];
    *what = 0;
    while (text != NULL) {
        uint32_t i = 0;
        text = next_part(text, part);
        while (ams_bench_names[i] != NULL && strcmp(ams_bench_names[i], part) != 0) {
            i++;
        }
        if (ams_bench_names[i] == NULL) {
            return ams_fail(err, AMS_USAGE,
                            "option %s: expected some of update, whole, decide, rollout, "
                            "load, import, bootstrap, schedule, online, stream, or precision "
                            "or kernels; found '%s'",
                            option, part);
        }
        *what |= 1U << i;
    }
    return AMS_OK;
}

/* "64,256": up to AMS_BENCH_LIST whole numbers from 1 to `most`. */
static ams_status read_list(const char *option, const char *text, uint64_t most,
                            cli_bench_list *list, ams_error *err)
{
    const char *rest = text;
    char part[32];
    bool right = true;
    for (list->n = 0; right && rest != NULL;) {
        uint64_t number = 0;
        rest = next_part(rest, part);
        right = list->n < AMS_BENCH_LIST && ams_parse_u64(part, &number) && number > 0 &&
                number <= most;
        if (right) {
            list->value[list->n++] = (uint32_t)number;
        }
    }
    return right ? AMS_OK
                 : ams_fail(err, AMS_USAGE,
                            "option %s: expected up to %d numbers from 1 to %llu as in 1,2; "
                            "found '%s'",
                            option, AMS_BENCH_LIST, (unsigned long long)most, text);
}

ams_status cli_read_batches(const char *option, const char *text, void *value, ams_error *err)
{
    return read_list(option, text, 65536, value, err);
}

ams_status cli_read_threads(const char *option, const char *text, void *value, ams_error *err)
{
    return read_list(option, text, AMS_BENCH_THREADS, value, err);
}

ams_status cli_bench_check(cli_bench_job *job, const cli_args *args, ams_error *err)
{
    ams_bench_options *o = &job->bench;
    const uint32_t figures = AMS_BENCH_WHOLE | AMS_BENCH_DECIDE; /* that a GPU has */
    if (job->device == AMS_DEVICE_AUTO) {
        return ams_fail(err, AMS_USAGE,
                        "option --device: expected cpu, cuda or cuda:N; found 'auto'");
    }
    o->cuda = ams_device_is_cuda(job->device);
    o->gpu = ams_device_number(job->device);
    o->n_threads = ams_processors() > 1 ? 2 : 1;
    if (job->batches.n > 0) {
        memcpy(o->batch, job->batches.value, sizeof o->batch);
        o->n_batches = job->batches.n;
    }
    if (job->threads.n > 0) {
        memcpy(o->threads, job->threads.value, sizeof o->threads);
        o->n_threads = job->threads.n;
    }
    if (o->cuda && cli_has(args, "--what") && (o->what & ~figures) != 0) {
        return ams_fail(err, AMS_USAGE,
                        "option --device %s: expected --what whole, decide or both; the "
                        "other figures are the CPU's",
                        ams_device_names[job->device]);
    }
    if (o->cuda && o->processor_time) {
        return ams_fail(err, AMS_USAGE,
                        "option --clock cpu: a GPU's time is no processor's; expected "
                        "--clock wall with --device cuda");
    }
    o->what &= o->cuda ? figures : o->what;
    return job->items >= 10
               ? AMS_OK
               : ams_fail(err, AMS_USAGE, "option --items: expected 10 or more, found %u",
                          job->items);
}
