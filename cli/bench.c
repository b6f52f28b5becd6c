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
              "online, stream (default: all); or precision or kernels, alone",
              CLI_INTO(cli_bench_job, bench.what, cli_read_figures)),
    CLI_VALUE("--batches", "LIST", "minibatches (default 64,256,1024,4096)",
              CLI_INTO(cli_bench_job, batches, cli_read_batches)),
    CLI_VALUE("--threads", "LIST",
              "of update and whole (default 1,2); the other figures use one thread",
              CLI_INTO(cli_bench_job, threads, cli_read_threads)),
    CLI_VALUE("--runs", "N", "the median of N measurements is printed (default 5)",
              CLI_INTO_COUNT(cli_bench_job, bench.runs, 1000)),
    CLI_VALUE("--seconds", "S", "about how long one measurement takes (default 0.5)",
              CLI_INTO_REAL(cli_bench_job, bench.seconds, 0.001, 3600)),
    CLI_VALUE("--clock", "C",
              "wall (default), or cpu: count processor time, for --threads 1 on a machine that "
              "others use, too",
              CLI_INTO_CHOICE(cli_bench_job, bench.processor_time, cli_bench_clocks)),
    CLI_VALUE(
        "--device", "D",
        "cpu (default), or cuda or cuda:N: measure on the GPU, as variant `cuda`: whole, "
        "which is one training, and decide, with all items of the largest split at once and "
        "copies included",
        CLI_INTO_CHOICE(cli_bench_job, device, ams_device_names)),
    CLI_FILE("--data", "F.h5", CLI_READS,
             "measure on this file (default: a generated table of the papers' shape, 30 models "
             "and 1,104 labels, lab/bench/table.h)",
             CLI_INTO_TEXT(cli_bench_job, data)),
    CLI_VALUE("--items", "N", "items of the generated table (default 4000)",
              CLI_INTO_COUNT(cli_bench_job, items, 10000000)),
    CLI_FILE("--table", "F.h5", CLI_WRITES_TABLE,
             "write the generated table and stop, for programs to compare with",
             CLI_INTO_TEXT(cli_bench_job, table)),
    CLI_FILE("--tsv", "F", CLI_WRITES_TSV,
             "write the figures; experiments/results/ has examples",
             CLI_INTO_TEXT(cli_bench_job, tsv)),
    CLI_FILE("--json", "F", CLI_WRITES_JSON, "the same as JSON",
             CLI_INTO_TEXT(cli_bench_job, json)),
    CLI_FILE("--against", "F", CLI_READS,
             "a file of --tsv: print now / then of each figure, and exit with 1 if one is "
             "slower by more than the tolerance",
             CLI_INTO_TEXT(cli_bench_job, against)),
    CLI_VALUE("--tolerance", "X", "share of the speed that may be lost (default 0.3)",
              CLI_INTO_REAL(cli_bench_job, tolerance, 0, 1)),
};

/* What the command holds. */
typedef struct bench_command {
    cli_bench_job job;
    ams_bench bench;
    ams_table table;
    ams_cpu_info cpu;
    ams_bench_record record;
    ams_result result;
    cli_progress bar;
} bench_command;

static void print_machines(const ams_bench *bench)
{
    for (uint32_t i = 0; i < bench->n_machines; i++) {
        const ams_bench_machine *m = &bench->machine[i];
        printf(
            "%u thread%s: %.0f GFLOP/s, %.0f GB/s with 4.6 MB in use, %.0f GB/s with 256 MB\n",
            m->threads, m->threads == 1 ? "" : "s", m->flop * 1e-9, m->cache * 1e-9,
            m->memory * 1e-9);
    }
    putchar('\n');
}

static ams_bench_origin origin_of(const bench_command *s)
{
    return (ams_bench_origin){ams_version, ams_commit, s->cpu.name, s->cpu.blas_kernel};
}

static ams_status print_tsv(FILE *stream, const void *context, ams_error *err)
{
    const bench_command *s = context;
    ams_bench_origin origin = origin_of(s);
    origin.cpu = s->bench.options.cuda ? s->bench.device : origin.cpu;
    (void)err;
    ams_bench_write(&s->bench, &origin, stream);
    return AMS_OK;
}

static ams_status print_json(FILE *stream, const void *context, ams_error *err)
{
    return ams_result_print_json(context, stream, err);
}

/* --against: the figures now / then. */
static ams_status compare(const bench_command *s, const char *against, ams_error *err)
{
    ams_bench_ratio *ratio = NULL;
    size_t n = 0;
    size_t slower = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_bench_compare(&s->bench, &s->record, s->job.tolerance, &ratio, &n, err));
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
                     slower, n, against, 100 * s->job.tolerance);
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

static ams_status measure(bench_command *s, ams_error *err)
{
    const cli_bench_job *job = &s->job;
    char scratch[4096] = "";
    ams_status status = AMS_OK;
    AMS_TRY(make_scratch(scratch, sizeof scratch, err));
    s->bench.options.scratch = scratch;
    cli_progress_begin(&s->bar, "bench");
    s->bench.options.progress = cli_progress_listener(&s->bar);
    AMS_TRY(ams_bench_run(&s->bench, &s->table, err));
    const ams_bench_origin origin = origin_of(s);
    AMS_TRY(ams_bench_result(&s->bench, &origin, &s->result, err));
    print_machines(&s->bench);
    ams_frame_print(ams_result_frame(&s->result, "rows"), stdout);
    AMS_TRY(job->tsv == NULL ? AMS_OK : ams_file_write(NULL, job->tsv, print_tsv, s, err));
    AMS_TRY(job->json == NULL ? AMS_OK
                              : ams_file_write(NULL, job->json, print_json, &s->result, err));
    status = job->against == NULL ? AMS_OK : compare(s, job->against, err);
out:
    if (scratch[0] != '\0') {
        rmdir(scratch);
    }
    return status;
}

static ams_status run_command(bench_command *s, const cli_args *args, ams_error *err)
{
    cli_bench_job *job = &s->job;
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, job, err));
    AMS_TRY(cli_bench_check(job, args, err));
    s->bench.options = job->bench;
    const uint32_t alone = job->bench.what & (AMS_BENCH_PRECISION | AMS_BENCH_KERNELS);
    AMS_TRY(alone & AMS_BENCH_KERNELS ? cli_bench_kernels_check(&job->bench, args, err)
                                      : AMS_OK);
    AMS_TRY(alone & AMS_BENCH_PRECISION ? cli_bench_precision_check(&job->bench, args, err)
                                        : AMS_OK);
    AMS_TRY(job->against == NULL ? AMS_OK
                                 : ams_bench_record_read(&s->record, job->against, err));
    ams_cpu_know(&s->cpu);
    AMS_TRY(job->data != NULL ? ams_table_read(&s->table, job->data, err)
                              : ams_bench_table(&s->table, job->items, 1, err));
    if (alone & AMS_BENCH_KERNELS) {
        status = cli_bench_kernels(&job->bench, &s->table, job->tsv, job->json, err);
    } else if (alone != 0) {
        status = cli_bench_precision(&job->bench, &s->table, job->tsv, job->json, err);
    } else if (job->table != NULL) {
        status = ams_table_write(&s->table, job->table, err);
    } else {
        status = measure(s, err);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    bench_command s = {.job = {.bench = {.what = AMS_BENCH_ALL,
                                         .batch = {64, 256, 1024, 4096},
                                         .n_batches = 4,
                                         .threads = {1, 2},
                                         .runs = 5,
                                         .seconds = 0.5},
                               .items = 4000,
                               .tolerance = 0.3}};
    ams_status status = run_command(&s, args, err);
    ams_result_fini(&s.result);
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
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
