/* `ams bench --what precision`: tf32 and bf16 on a GPU, compared with fp32. */
#include "cli/bench.h"

#include "ams/cuda.h"
#include "base/file.h"
#include "base/text.h"
#include "base/version.h"
#include "lab/bench/precision.h"

#include <string.h>

/* Some seconds per training on a large GPU. */
enum { UPDATES = 2000 };

static ams_status refuse(const ams_bench_options *options, const cli_args *args, ams_error *err)
{
    if (options->what != AMS_BENCH_PRECISION) {
        return ams_fail(err, AMS_USAGE,
                        "option --what: precision is measured alone, since its figures are of "
                        "a GPU; found other figures, too");
    }
    static const char *const others[] = {"--against", "--table", "--clock"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (cli_has(args, others[i])) {
            return ams_fail(err, AMS_USAGE,
                            "--what precision: expected --batches, --runs, --data, --items, "
                            "--tsv or --json with it, found %s",
                            others[i]);
        }
    }
    return AMS_OK;
}

/* unit: of the costs. */
static void print(const ams_precision_options *o, const ams_precision_row *row,
                  const char *device, const char *unit)
{
    printf("%s: batch %u, %llu updates, %u seeds; %s: mean %s to recall 0.8, 0.9 and 1.0 on "
           "the validation split\n\n",
           device, o->batch, (unsigned long long)o->updates, o->seeds, unit,
           ams_cost_word(unit));
    printf("%-9s %12s %12s %12s  %12s %10s  %12s %10s\n", "precision", "updates/s", "low",
           "high", unit, "sd", "to fp32", "sd");
    const int digits = ams_amount_decimals(row[0].time_ms.mean, 3);
    for (int k = 0; k < AMS_PRECISIONS; k++) {
        const ams_precision_row *r = &row[k];
        printf("%-9s %12.6g %12.6g %12.6g  %12.*f %10.*f  %+12.*f %10.*f\n", r->name,
               r->rate.mean, r->rate.low, r->rate.high, digits, r->time_ms.mean, digits,
               r->time_ms.sd, digits, r->difference_ms.mean, digits, r->difference_ms.sd);
    }
}

/* What --tsv and --json are printed of. */
typedef struct precision_table {
    const ams_precision_options *options;
    const ams_precision_row *row;
    const char *device, *cost_unit;
} precision_table;

static ams_status print_json(FILE *stream, const void *context, ams_error *err)
{
    const precision_table *t = context;
    return ams_bench_precision_write_json(t->options, t->row, ams_commit, t->device,
                                          t->cost_unit, stream, err);
}

static ams_status print_tsv(FILE *stream, const void *context, ams_error *err)
{
    const precision_table *t = context;
    (void)err;
    ams_bench_precision_write(t->options, t->row, ams_commit, t->device, stream);
    return AMS_OK;
}

ams_status cli_bench_precision_check(const ams_bench_options *options, const cli_args *args,
                                     ams_error *err)
{
    ams_cuda_device device;
    ams_status status = refuse(options, args, err);
    if (status != AMS_OK) {
        return status;
    }
    status = ams_cuda_find(options->gpu, &device, err);
    ams_error_prefix(err, "--what precision");
    return status;
}

ams_status cli_bench_precision(const ams_bench_options *options, const ams_table *table,
                               const char *tsv, const char *json, ams_error *err)
{
    const char *unit = ams_table_cost_unit(table);
    ams_accelerator gpu = ams_cuda;
    ams_precision_options o = {.accelerator = &gpu, .seeds = options->runs, .updates = UPDATES};
    ams_precision_row row[AMS_PRECISIONS];
    ams_cuda_device device;
    ams_status status = AMS_OK;
    gpu.number = options->gpu;
    for (uint32_t i = 0; i < options->n_batches; i++) {
        o.batch = options->batch[i] > o.batch ? options->batch[i] : o.batch;
    }
    AMS_TRY(ams_cuda_find(options->gpu, &device, err));
    AMS_TRY(ams_bench_precision(table, &o, row, err));
    print(&o, row, device.name, unit);
    const precision_table t = {
        .options = &o, .row = row, .device = device.name, .cost_unit = unit};
    AMS_TRY(tsv == NULL ? AMS_OK : ams_file_write(NULL, tsv, print_tsv, &t, err));
    AMS_TRY(json == NULL ? AMS_OK : ams_file_write(NULL, json, print_json, &t, err));
out:
    return status;
}
