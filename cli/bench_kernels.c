/* `ams bench --what kernels`: what each launch of an update takes on a GPU. */
#include "cli/bench.h"

#include "base/file.h"
#include "base/version.h"
#include "lab/bench/kernels.h"

enum { ROUNDS = 200 }; /* updates, of which the median is taken */

ams_status cli_bench_kernels_check(const ams_bench_options *options, const cli_args *args,
                                   ams_error *err)
{
    static const char *const others[] = {"--against", "--table", "--clock", "--runs",
                                         "--seconds"};
    ams_cuda_device device;
    if (options->what != AMS_BENCH_KERNELS) {
        return ams_fail(err, AMS_USAGE,
                        "option --what: kernels is measured alone, since its figures are of a "
                        "GPU; found other figures, too");
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (cli_has(args, others[i])) {
            return ams_fail(err, AMS_USAGE,
                            "--what kernels: expected --batches, --data, --items, --tsv or "
                            "--json with it, found %s",
                            others[i]);
        }
    }
    ams_status status = ams_cuda_find(options->gpu, &device, err);
    ams_error_prefix(err, "--what kernels");
    return status;
}

static void print(const ams_kernel_table *table)
{
    printf("%s: median of %d updates, us per launch in blocks of 64, 128 and 256 threads\n\n",
           table->device, (int)ROUNDS);
    printf("%6s %-10s %8s %10s %10s %10s\n", "batch", "launch", "blocks", "64", "128", "256");
    for (size_t r = 0; r < table->n; r++) {
        const ams_kernel_row *row = &table->row[r];
        printf("%6u %-10s %8u %10.3f %10.3f %10.3f\n", row->batch, row->work, row->blocks,
               row->us[0], row->us[1], row->us[2]);
    }
}

static ams_status print_tsv(FILE *stream, const void *context, ams_error *err)
{
    (void)err;
    ams_bench_kernels_write(context, ams_commit, stream);
    return AMS_OK;
}

static ams_status print_json(FILE *stream, const void *context, ams_error *err)
{
    return ams_bench_kernels_write_json(context, ams_commit, stream, err);
}

ams_status cli_bench_kernels(const ams_bench_options *options, const ams_table *table,
                             const char *tsv, const char *json, ams_error *err)
{
    ams_kernel_table times;
    ams_status status = ams_bench_kernels(options, table, ROUNDS, &times, err);
    if (status == AMS_OK) {
        print(&times);
        status = tsv == NULL ? AMS_OK : ams_file_write(NULL, tsv, print_tsv, &times, err);
    }
    if (status == AMS_OK && json != NULL) {
        status = ams_file_write(NULL, json, print_json, &times, err);
    }
    ams_bench_kernels_fini(&times);
    return status;
}
