/* `ams bench --what precision`: tf32 and bf16 on a GPU, beside fp32. */
#include "cli/bench.h"

#include "ams_commit.h"

#include "base/file.h"
#include "cuda/cuda.h"
#include "lab/bench/precision.h"

#include <string.h>

/* Some seconds a training on a large GPU. */
enum { UPDATES = 2000 };

static ams_status refuse(const bench_session *s, const cli_args *args, ams_error *err)
{
    if (s->bench.options.what != AMS_BENCH_PRECISION) {
        return ams_fail(err, AMS_USAGE,
                        "option --what: precision is measured alone, since its figures are of "
                        "a GPU; found others beside it");
    }
    static const char *const others[] = {"--json", "--against", "--table", "--clock"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (cli_has(args, others[i])) {
            return ams_fail(err, AMS_USAGE,
                            "--what precision: expected --batches, --runs, --data, --items or "
                            "--tsv beside it, found %s",
                            others[i]);
        }
    }
    return AMS_OK;
}

static void print(const ams_precision_options *o, const ams_precision_row *row,
                  const char *device)
{
    printf("%s: batch %u, %llu updates, %u seeds; ms: mean time to recall 0.8, 0.9 and 1.0 on "
           "the validation split\n\n",
           device, o->batch, (unsigned long long)o->updates, o->seeds);
    printf("%-9s %12s %12s %12s  %12s %10s  %12s %10s\n", "precision", "updates/s", "low",
           "high", "ms", "sd", "to fp32", "sd");
    for (int k = 0; k < AMS_PRECISIONS; k++) {
        const ams_precision_row *r = &row[k];
        printf("%-9s %12.6g %12.6g %12.6g  %12.3f %10.3f  %+12.3f %10.3f\n", r->name,
               r->rate.mean, r->rate.low, r->rate.high, r->time_ms.mean, r->time_ms.sd,
               r->difference_ms.mean, r->difference_ms.sd);
    }
}

static ams_status write_file(const ams_precision_options *o, const ams_precision_row *row,
                             const char *device, const char *path, ams_error *err)
{
    ams_file file = {0};
    ams_status status = path == NULL ? AMS_OK : ams_file_create(&file, path, err);
    if (path == NULL || status != AMS_OK) {
        return status;
    }
    ams_bench_precision_write(o, row, AMS_COMMIT, device, file.stream);
    return ams_file_commit(&file, err);
}

ams_status bench_precision_check(const bench_session *s, const cli_args *args, ams_error *err)
{
    ams_cuda_device device;
    ams_status status = refuse(s, args, err);
    if (status != AMS_OK) {
        return status;
    }
    status = ams_cuda_find(&device, err);
    ams_error_prefix(err, "--what precision");
    return status;
}

ams_status bench_precision(const bench_session *s, const cli_args *args, ams_error *err)
{
    const ams_bench_options *b = &s->bench.options;
    ams_precision_options o = {.accelerator = &ams_cuda, .seeds = b->runs, .updates = UPDATES};
    ams_precision_row row[AMS_PRECISIONS];
    ams_cuda_device device;
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < b->n_batches; i++) {
        o.batch = b->batch[i] > o.batch ? b->batch[i] : o.batch;
    }
    AMS_TRY(ams_cuda_find(&device, err));
    AMS_TRY(ams_bench_precision(&s->table, &o, row, err));
    print(&o, row, device.name);
    status = write_file(&o, row, device.name, cli_get(args, "--tsv", NULL), err);
out:
    return status;
}
