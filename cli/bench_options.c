/* The options of `ams bench`. */
#include "cli/bench.h"

#include "base/number.h"
#include "console/options.h"

#include <string.h>
#include <unistd.h>

static ams_status read_what(const cli_args *args, uint32_t *what, ams_error *err)
{
    cli_names names;
    ams_status status = cli_get_names(args, "--what", &names, err);
    *what = cli_has(args, "--what") ? 0 : AMS_BENCH_ALL;
    for (size_t k = 0; k < names.count && status == AMS_OK; k++) {
        uint32_t i = 0;
        while (ams_bench_names[i] != NULL && strcmp(ams_bench_names[i], names.name[k]) != 0) {
            i++;
        }
        if (ams_bench_names[i] == NULL) {
            status =
                ams_fail(err, AMS_USAGE,
                         "option --what: expected some of update, whole, decide, rollout, "
                         "load, import, bootstrap, schedule, online, stream, or precision or "
                         "kernels; "
                         "found '%s'",
                         names.name[k]);
        }
        *what |= 1U << i;
    }
    cli_names_fini(&names);
    return status;
}

/* "64,256": up to AMS_BENCH_LIST whole numbers from 1 to `most`. */
static ams_status read_list(const cli_args *args, const char *option, uint64_t most,
                            uint32_t *value, uint32_t *n, ams_error *err)
{
    cli_names names;
    ams_status status = cli_get_names(args, option, &names, err);
    bool right = names.count <= AMS_BENCH_LIST;
    for (size_t k = 0; k < names.count && right; k++) {
        uint64_t number = 0;
        right = ams_parse_u64(names.name[k], &number) && number > 0 && number <= most;
        value[k] = (uint32_t)number;
    }
    if (status == AMS_OK && !right) {
        status = ams_fail(err, AMS_USAGE,
                          "option %s: expected up to %d numbers from 1 to %llu as in 1,2; "
                          "found '%s'",
                          option, AMS_BENCH_LIST, (unsigned long long)most,
                          cli_get(args, option, ""));
    }
    *n = names.count > 0 ? (uint32_t)names.count : *n;
    cli_names_fini(&names);
    return status;
}

/* A GPU has two of the figures. */
static ams_status read_device(const cli_args *args, ams_bench_options *o, ams_error *err)
{
    static const char *const devices[] = {"cpu", "cuda", NULL};
    static const char *const clocks[] = {"wall", "cpu", NULL};
    enum { ON_CUDA = 1, PROCESSOR_TIME = 1 }; /* among these */
    const uint32_t figures = AMS_BENCH_WHOLE | AMS_BENCH_DECIDE;
    int device = 0;
    int clock = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_choice(args, "--clock", clocks, &clock, err));
    AMS_TRY(cli_get_choice(args, "--device", devices, &device, err));
    o->processor_time = clock == PROCESSOR_TIME;
    o->cuda = device == ON_CUDA;
    if (!o->cuda) {
        goto out;
    }
    if (cli_has(args, "--what") && (o->what & ~figures) != 0) {
        status = ams_fail(err, AMS_USAGE,
                          "option --device cuda: expected --what whole, decide or both; the "
                          "other figures are the CPU's");
    } else if (o->processor_time) {
        status = ams_fail(err, AMS_USAGE,
                          "option --clock cpu: a GPU's time is no processor's; expected "
                          "--clock wall with --device cuda");
    }
    o->what &= figures;
out:
    return status;
}

ams_status cli_bench_read_options(ams_bench_options *o, bench_settings *how,
                                  const cli_args *args, ams_error *err)
{
    static const uint32_t batches[] = {64, 256, 1024, 4096};
    uint64_t runs = 5;
    ams_status status = AMS_OK;
    *o = (ams_bench_options){.n_batches = 4, .threads = {1, 2}, .seconds = 0.5};
    o->n_threads = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 2 : 1;
    memcpy(o->batch, batches, sizeof batches);
    how->items = 4000;
    how->tolerance = 0.3;
    AMS_TRY(read_what(args, &o->what, err));
    AMS_TRY(read_list(args, "--batches", 65536, o->batch, &o->n_batches, err));
    AMS_TRY(read_list(args, "--threads", 256, o->threads, &o->n_threads, err));
    AMS_TRY(cli_get_count(args, "--runs", 1000, &runs, err));
    AMS_TRY(cli_get_count(args, "--items", 10000000, &how->items, err));
    AMS_TRY(cli_get_real(args, "--seconds", 0.001, 3600, &o->seconds, err));
    AMS_TRY(cli_get_real(args, "--tolerance", 0, 1, &how->tolerance, err));
    o->runs = (uint32_t)runs;
    AMS_TRY(read_device(args, o, err));
    status = cli_no_operands(args, err);
    if (status == AMS_OK && how->items < 10) {
        status = ams_fail(err, AMS_USAGE, "option --items: expected 10 or more, found %llu",
                          (unsigned long long)how->items);
    }
out:
    return status;
}
