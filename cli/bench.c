/* `ams bench`: how fast this program is here, against the machine's roofline. */
#include "cli/bench.h"

#include "base/file.h"
#include "base/version.h"
#include "lab/bench/against.h"
#include "lab/bench/table.h"
#include "rl/run/cpu_info.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_option options[] = {
    CLI_VALUE("--what", "LIST",
              "some of update, whole, decide, rollout, load, import, bootstrap, schedule, "
              "online, stream (default: all); or precision or kernels, alone"),
    CLI_VALUE("--batches", "LIST", "minibatches (default 64,256,1024,4096)"),
    CLI_VALUE("--threads", "LIST",
              "of update and whole (default 1,2); the other figures use one thread"),
    CLI_VALUE("--runs", "N", "the median of N measurements is printed (default 5)"),
    CLI_VALUE("--seconds", "S", "about how long one measurement takes (default 0.5)"),
    CLI_VALUE("--clock", "C",
              "wall (default), or cpu: count processor time, for --threads 1 on a machine that "
              "others use, too"),
    CLI_VALUE(
        "--device", "D",
        "cpu (default), or cuda: measure on the GPU, as variant `cuda`: whole, which is "
        "one training, and decide, with all items of the largest split at once and copies "
        "included"),
    CLI_FILE("--data", "F.h5", CLI_READS,
             "measure on this file (default: a generated table of the papers' shape, 30 models "
             "and 1,104 labels, lab/bench/table.h)"),
    CLI_VALUE("--items", "N", "items of the generated table (default 4000)"),
    CLI_FILE("--table", "F.h5", CLI_WRITES_TABLE,
             "write the generated table and stop, for programs to compare with"),
    CLI_FILE("--tsv", "F", CLI_WRITES_TSV,
             "write the figures; experiments/results/ has examples"),
    CLI_FILE("--json", "F", CLI_WRITES_JSON, "the same as JSON"),
    CLI_FILE("--against", "F", CLI_READS,
             "a file of --tsv: print now / then of each figure, and exit with 1 if one is "
             "slower by more than the tolerance"),
    CLI_VALUE("--tolerance", "X", "share of the speed that may be lost (default 0.3)"),
};

/* What the command holds. */
typedef struct bench_command {
    ams_bench bench;
    ams_table table;
    ams_cpu_info cpu;
    ams_bench_record record;
    bench_settings how;
    cli_progress bar;
} bench_command;

static void print_rows(const ams_bench *bench)
{
    for (uint32_t i = 0; i < bench->n_machines; i++) {
        const ams_bench_machine *m = &bench->machine[i];
        printf(
            "%u thread%s: %.0f GFLOP/s, %.0f GB/s with 4.6 MB in use, %.0f GB/s with 256 MB\n",
            m->threads, m->threads == 1 ? "" : "s", m->flop * 1e-9, m->cache * 1e-9,
            m->memory * 1e-9);
    }
    printf("\n%-10s %-7s %6s %8s %12s %12s %12s  %-12s %12s %-10s %6s\n", "figure", "variant",
           "batch", "threads", "median", "low", "high", "unit", "bound", "by", "share");
    for (size_t r = 0; r < bench->n_rows; r++) {
        const ams_bench_row *row = &bench->row[r];
        printf("%-10s %-7s %6u %8u %12.6g %12.6g %12.6g  %-12s ", row->figure, row->variant,
               row->batch, row->threads, row->median, row->low, row->high, row->unit);
        if (row->bound > 0) {
            printf("%12.4g %-10s %5.1f%%\n", row->bound, row->by,
                   100 * row->median / row->bound);
        } else {
            printf("%12s %-10s %6s\n", "-", "-", "-");
        }
    }
}

static ams_bench_origin origin_of(const bench_command *s)
{
    return (ams_bench_origin){.version = ams_version,
                              .commit = ams_commit,
                              .cpu = s->bench.options.cuda ? s->bench.device : s->cpu.name,
                              .blas_kernel = s->cpu.blas_kernel};
}

static ams_status print_tsv(FILE *stream, const void *context, ams_error *err)
{
    const bench_command *s = context;
    const ams_bench_origin origin = origin_of(s);
    (void)err;
    ams_bench_write(&s->bench, &origin, stream);
    return AMS_OK;
}

static ams_status print_json(FILE *stream, const void *context, ams_error *err)
{
    const bench_command *s = context;
    ams_bench_origin origin = origin_of(s);
    origin.cpu = s->cpu.name;
    return ams_bench_write_json(&s->bench, &origin, stream, err);
}

/* --against: the figures now / then. */
static ams_status compare(const bench_command *s, const char *against, ams_error *err)
{
    ams_bench_ratio *ratio = NULL;
    size_t n = 0;
    size_t slower = 0;
    ams_status status =
        ams_bench_compare(&s->bench, &s->record, s->how.tolerance, &ratio, &n, err);
    if (status != AMS_OK) {
        goto out;
    }
    printf("\nnow / then, %s\n", against);
    for (size_t i = 0; i < n; i++) {
        const ams_bench_row *row = ratio[i].row;
        printf("%-10s %-7s %6u %8u %8.3f  of commit %s%s\n", row->figure, row->variant,
               row->batch, row->threads, ratio[i].ratio, ratio[i].commit,
               ratio[i].slower ? "  SLOWER" : "");
        slower += ratio[i].slower;
    }
    if (n == 0) {
        status =
            ams_fail(err, AMS_USAGE, "%s has none of the figures that were measured", against);
    } else if (slower > 0) {
        status =
            ams_fail(err, AMS_USAGE, "%zu of %zu figures are slower than %s by more than %g %%",
                     slower, n, against, 100 * s->how.tolerance);
    }
out:
    free(ratio);
    return status;
}

static ams_status make_scratch(char *folder, size_t size, ams_error *err)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, size, "%s/ams-bench-XXXXXX", base == NULL ? "/tmp" : base);
    return mkdtemp(folder) != NULL ? AMS_OK
                                   : ams_fail(err, AMS_IO, "cannot make the folder %s: %s",
                                              folder, strerror(errno));
}

static ams_status measure(bench_command *s, const cli_args *args, ams_error *err)
{
    const char *tsv = cli_get(args, "--tsv", NULL);
    const char *json = cli_get(args, "--json", NULL);
    const char *against = cli_get(args, "--against", NULL);
    char scratch[4096] = "";
    ams_status status = AMS_OK;
    AMS_TRY(make_scratch(scratch, sizeof scratch, err));
    s->bench.options.scratch = scratch;
    cli_progress_begin(&s->bar, "bench");
    s->bench.options.progress = cli_progress_listener(&s->bar);
    AMS_TRY(ams_bench_run(&s->bench, &s->table, err));
    print_rows(&s->bench);
    AMS_TRY(tsv == NULL ? AMS_OK : ams_file_write(NULL, tsv, print_tsv, s, err));
    AMS_TRY(json == NULL ? AMS_OK : ams_file_write(NULL, json, print_json, s, err));
    status = against == NULL ? AMS_OK : compare(s, against, err);
out:
    if (scratch[0] != '\0') {
        rmdir(scratch);
    }
    return status;
}

static ams_status run_command(bench_command *s, const cli_args *args, ams_error *err)
{
    const char *data = cli_get(args, "--data", NULL);
    const char *table = cli_get(args, "--table", NULL);
    const char *against = cli_get(args, "--against", NULL);
    ams_status status = AMS_OK;
    AMS_TRY(cli_bench_read_options(&s->bench.options, &s->how, args, err));
    const bool precision = (s->bench.options.what & AMS_BENCH_PRECISION) != 0;
    const bool kernels = (s->bench.options.what & AMS_BENCH_KERNELS) != 0;
    AMS_TRY(kernels ? cli_bench_kernels_check(&s->bench.options, args, err) : AMS_OK);
    AMS_TRY(precision ? cli_bench_precision_check(&s->bench.options, args, err) : AMS_OK);
    AMS_TRY(against == NULL ? AMS_OK : ams_bench_record_read(&s->record, against, err));
    ams_cpu_know(&s->cpu);
    AMS_TRY(data != NULL ? ams_table_read(&s->table, data, err)
                         : ams_bench_table(&s->table, (uint32_t)s->how.items, 1, err));
    if (kernels) {
        status = cli_bench_kernels(&s->bench.options, &s->table, args, err);
    } else if (precision) {
        status = cli_bench_precision(&s->bench.options, &s->table, args, err);
    } else if (table != NULL) {
        status = ams_table_write(&s->table, table, err);
    } else {
        status = measure(s, args, err);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    bench_command s = {.how = {.items = 0}};
    ams_status status = run_command(&s, args, err);
    ams_bench_fini(&s.bench);
    ams_table_fini(&s.table);
    ams_bench_record_fini(&s.record);
    return status;
}

const ams_command ams_cmd_bench = {
    .name = "bench",
    .summary = "measure speed against the machine's roofline",
    .usage = "ams bench [--what LIST] [--data F.h5] [--tsv F] [--json F] [--against F]\n"
             "          [OPTION]...",
    .help =
        "Figures:\n"
        "  update     updates of the network alone\n"
        "  whole      updates of a training with environment steps; and `beside`: as many\n"
        "             trainings as threads, each on one, as ams sweep runs them\n"
        "  decide     greedy decisions\n"
        "  rollout    environment steps with random actions\n"
        "  load       opening an outputs file\n"
        "  import     rows into an outputs file\n"
        "  bootstrap  draws of intervals\n"
        "  schedule   decisions under limits\n"
        "  online     decisions of the embedded library\n"
        "  stream     plans of 30 jobs of 6 stages at steps of 0.1 and 0.01; jobs simulated\n"
        "  precision  on a GPU: trainings of 2,000 updates in fp32, tf32 and bf16, --runs\n"
        "             seeds each, at the largest of --batches: updates per second, and the\n"
        "             difference in validation time\n"
        "  kernels    on a GPU: what each launch of an update takes, by the block's threads\n"
        "\n"
        "The bound of a figure: its operations at the measured rate of multiply-adds, or its\n"
        "bytes at the measured bandwidth, whichever takes longer; share is median / bound.\n"
        "\n"
        "Examples:\n"
        "  ams bench --what update,decide --batches 64\n"
        "  ams bench --tsv now.tsv --against experiments/results/bench-shared.tsv\n",
    CLI_OPTIONS(options),
    .run = run,
};
