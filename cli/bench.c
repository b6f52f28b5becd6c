/* `ams bench`: how fast this program is here, beside what the machine could do. */
#include "cli/bench.h"

#include "ams_commit.h"

#include "base/file.h"
#include "base/number.h"
#include "rl/run/cpu_info.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_option options[] = {
    {.name = "--what", .takes_value = true},    {.name = "--batches", .takes_value = true},
    {.name = "--threads", .takes_value = true}, {.name = "--runs", .takes_value = true},
    {.name = "--seconds", .takes_value = true}, {.name = "--items", .takes_value = true},
    {.name = "--data", .takes_value = true},    {.name = "--table", .takes_value = true},
    {.name = "--tsv", .takes_value = true},     {.name = "--json", .takes_value = true},
    {.name = "--against", .takes_value = true}, {.name = "--tolerance", .takes_value = true},
    {.name = "--clock", .takes_value = true},   {.name = "--device", .takes_value = true},
};

static void say(void *context, const char *figure)
{
    (void)context;
    fprintf(stderr, "ams bench: %s\n", figure);
}

/* -- options -- */

static ams_status read_what(const cli_args *args, uint32_t *what, ams_error *err)
{
    const char *text = cli_get(args, "--what", NULL);
    char copy[128];
    *what = text == NULL ? AMS_BENCH_ALL : 0;
    snprintf(copy, sizeof copy, "%s", text == NULL ? "" : text);
    char *rest = copy;
    for (char *word = strsep(&rest, ","); text != NULL && word != NULL;
         word = strsep(&rest, ",")) {
        uint32_t i = 0;
        while (ams_bench_names[i] != NULL && strcmp(ams_bench_names[i], word) != 0) {
            i++;
        }
        if (ams_bench_names[i] == NULL) {
            return ams_fail(err, AMS_USAGE,
                            "option --what: expected some of update, whole, decide, rollout, "
                            "load, import, bootstrap, schedule, online, or precision; "
                            "found '%s'",
                            word);
        }
        *what |= 1U << i;
    }
    return AMS_OK;
}

/* "64,256": up to AMS_BENCH_LIST whole numbers from 1 to `most`. */
static ams_status read_list(const cli_args *args, const char *option, uint64_t most,
                            uint32_t *value, uint32_t *n, ams_error *err)
{
    const char *text = cli_get(args, option, NULL);
    char copy[128];
    if (text == NULL) {
        return AMS_OK;
    }
    snprintf(copy, sizeof copy, "%s", text);
    *n = 0;
    char *rest = copy;
    for (char *word = strsep(&rest, ","); word != NULL; word = strsep(&rest, ",")) {
        uint64_t number = 0;
        if (*n == AMS_BENCH_LIST || !ams_parse_u64(word, &number) || number == 0 ||
            number > most) {
            return ams_fail(err, AMS_USAGE,
                            "option %s: expected up to %d numbers from 1 to %llu as in 1,2; "
                            "found '%s'",
                            option, AMS_BENCH_LIST, (unsigned long long)most, text);
        }
        value[(*n)++] = (uint32_t)number;
    }
    return AMS_OK;
}

static ams_status read_real(const cli_args *args, const char *option, double low, double high,
                            double *value, ams_error *err)
{
    const char *text = cli_get(args, option, NULL);
    if (text == NULL) {
        return AMS_OK;
    }
    char *end = NULL;
    *value = strtod(text, &end);
    return *end == '\0' && end != text && *value >= low && *value <= high
               ? AMS_OK
               : ams_fail(err, AMS_USAGE,
                          "option %s: expected a number from %g to %g, found %s", option, low,
                          high, text);
}

static ams_status read_clock(const cli_args *args, bool *processor_time, ams_error *err)
{
    const char *text = cli_get(args, "--clock", "wall");
    *processor_time = strcmp(text, "cpu") == 0;
    return *processor_time || strcmp(text, "wall") == 0
               ? AMS_OK
               : ams_fail(err, AMS_USAGE, "option --clock: expected wall or cpu, found %s",
                          text);
}

/* The GPU has two of the figures. */
static ams_status read_device(const cli_args *args, ams_bench_options *o, ams_error *err)
{
    const uint32_t figures = AMS_BENCH_WHOLE | AMS_BENCH_DECIDE;
    const char *text = cli_get(args, "--device", "cpu");
    o->cuda = strcmp(text, "cuda") == 0;
    if (!o->cuda && strcmp(text, "cpu") != 0) {
        return ams_fail(err, AMS_USAGE, "option --device: expected cpu or cuda, found '%s'",
                        text);
    }
    if (!o->cuda) {
        return AMS_OK;
    }
    if (cli_has(args, "--what") && (o->what & ~figures) != 0) {
        return ams_fail(err, AMS_USAGE,
                        "option --device cuda: expected --what whole, decide or both; the "
                        "other figures are the CPU's");
    }
    if (o->processor_time) {
        return ams_fail(err, AMS_USAGE,
                        "option --clock cpu: a GPU's time is no processor's; expected "
                        "--clock wall with --device cuda");
    }
    o->what &= figures;
    return AMS_OK;
}

static ams_status read_options(bench_session *s, const cli_args *args, ams_error *err)
{
    static const uint32_t batches[] = {64, 256, 1024, 4096};
    ams_bench_options *o = &s->bench.options;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t runs = 5;
    ams_status status = AMS_OK;
    *o = (ams_bench_options){.n_batches = 4, .threads = {1, 2}, .seconds = 0.5};
    o->n_threads = processors > 1 ? 2 : 1;
    memcpy(o->batch, batches, sizeof batches);
    s->items = 4000;
    s->tolerance = 0.3;
    AMS_TRY(read_what(args, &o->what, err));
    AMS_TRY(read_list(args, "--batches", 65536, o->batch, &o->n_batches, err));
    AMS_TRY(read_list(args, "--threads", 256, o->threads, &o->n_threads, err));
    AMS_TRY(cli_get_u64(args, "--runs", &runs, err));
    AMS_TRY(cli_get_u64(args, "--items", &s->items, err));
    AMS_TRY(read_real(args, "--seconds", 0.001, 3600, &o->seconds, err));
    AMS_TRY(read_real(args, "--tolerance", 0, 1, &s->tolerance, err));
    o->runs = (uint32_t)runs;
    AMS_TRY(read_clock(args, &o->processor_time, err));
    AMS_TRY(read_device(args, o, err));
    if (runs == 0 || runs > 1000 || s->items < 10 || s->items > 10000000) {
        status = ams_fail(err, AMS_USAGE,
                          "expected --runs from 1 to 1000 and --items from 10 to 10000000; "
                          "found %llu and %llu",
                          (unsigned long long)runs, (unsigned long long)s->items);
    } else if (args->n_operands > 0) {
        status = ams_fail(err, AMS_USAGE, "takes options only; --help shows them");
    }
out:
    return status;
}

/* -- results -- */

static void print_text(const ams_bench *bench)
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

static json_t *row_json(const ams_bench_row *row)
{
    json_t *bound = row->bound > 0 ? json_real(row->bound) : json_null();
    return json_pack("{s:s, s:s, s:I, s:I, s:f, s:f, s:f, s:s, s:o, s:s}", "figure",
                     row->figure, "variant", row->variant, "batch", (json_int_t)row->batch,
                     "threads", (json_int_t)row->threads, "median", row->median, "low",
                     row->low, "high", row->high, "unit", row->unit, "bound", bound, "bound_by",
                     row->by);
}

static ams_status write_json(const bench_session *s, FILE *stream, ams_error *err)
{
    json_t *rows = json_array();
    json_t *machines = json_array();
    for (size_t r = 0; r < s->bench.n_rows; r++) {
        json_array_append_new(rows, row_json(&s->bench.row[r]));
    }
    for (uint32_t i = 0; i < s->bench.n_machines; i++) {
        const ams_bench_machine *m = &s->bench.machine[i];
        json_array_append_new(machines, json_pack("{s:I, s:f, s:f, s:f}", "threads",
                                                  (json_int_t)m->threads, "flop_per_s", m->flop,
                                                  "cache_bytes_per_s", m->cache,
                                                  "memory_bytes_per_s", m->memory));
    }
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "version", AMS_VERSION, "commit",
                             AMS_COMMIT, "cpu", s->cpu.name, "blas_kernel", s->cpu.blas_kernel,
                             "machine", machines, "rows", rows);
    int failed = json == NULL ? 1 : json_dumpf(json, stream, JSON_INDENT(2));
    json_decref(json);
    fputc('\n', stream);
    return failed == 0 ? AMS_OK : ams_fail(err, AMS_IO, "cannot write the figures as JSON");
}

static ams_status write_file(const bench_session *s, const char *path, bool json,
                             ams_error *err)
{
    ams_file file = {0};
    ams_status status = AMS_OK;
    if (path == NULL) {
        return AMS_OK;
    }
    AMS_TRY(ams_file_create(&file, path, err));
    if (json) {
        status = write_json(s, file.stream, err);
        if (status != AMS_OK) {
            ams_file_abort(&file);
            goto out;
        }
    } else {
        ams_bench_write(&s->bench, AMS_COMMIT,
                        s->bench.options.cuda ? s->bench.device : s->cpu.name, file.stream);
    }
    status = ams_file_commit(&file, err);
out:
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

static ams_status open_table(bench_session *s, const cli_args *args, ams_error *err)
{
    const char *data = cli_get(args, "--data", NULL);
    return data != NULL ? ams_table_read(&s->table, data, err)
                        : ams_bench_table(&s->table, (uint32_t)s->items, 1, err);
}

static ams_status run(const cli_args *args, ams_error *err)
{
    bench_session s = {.bench = {.started = say}};
    char scratch[4096] = "";
    const char *table = cli_get(args, "--table", NULL);
    ams_status status = AMS_OK;
    AMS_TRY(read_options(&s, args, err));
    const bool precision = (s.bench.options.what & AMS_BENCH_PRECISION) != 0;
    if (precision) {
        AMS_TRY(bench_precision_check(&s, args, err));
    }
    AMS_TRY(bench_read_record(&s, cli_get(args, "--against", NULL), err));
    ams_cpu_know(&s.cpu);
    AMS_TRY(open_table(&s, args, err));
    if (precision) {
        status = bench_precision(&s, args, err);
        goto out;
    }
    if (table != NULL) {
        status = ams_table_write(&s.table, table, err);
        goto out;
    }
    AMS_TRY(make_scratch(scratch, sizeof scratch, err));
    s.bench.options.scratch = scratch;
    AMS_TRY(ams_bench_run(&s.bench, &s.table, err));
    print_text(&s.bench);
    AMS_TRY(write_file(&s, cli_get(args, "--tsv", NULL), false, err));
    AMS_TRY(write_file(&s, cli_get(args, "--json", NULL), true, err));
    status = bench_compare(&s, err);
out:
    if (scratch[0] != '\0') {
        rmdir(scratch);
    }
    ams_bench_fini(&s.bench);
    ams_table_fini(&s.table);
    ams_tsv_fini(&s.record);
    return status;
}

const ams_command ams_cmd_bench = {
    .name = "bench",
    .summary = "measure speed, beside what the machine could do",
    .usage = "ams bench [--what LIST] [--data F.h5] [--tsv F] [--json F] [--against F]\n"
             "          [OPTION]...",
    .help =
        "  --what LIST      some of update, whole, decide, rollout, load, import, bootstrap,\n"
        "                   schedule, online (default: all). update: the network alone;\n"
        "                   whole: a training with environment steps, and beside: as many of\n"
        "                   them as threads, each on one, as ams sweep has them; schedule:\n"
        "                   decisions under limits; online: the embedded library's.\n"
        "                   Alone and on a GPU only, precision: trainings of 2,000 updates in\n"
        "                   fp32, tf32 and bf16, --runs seeds each, at the largest of\n"
        "                   --batches; updates/s, and what the validation loses\n"
        "  --batches LIST   minibatches (default 64,256,1024,4096)\n"
        "  --threads LIST   of update and whole (default 1,2); the others use one\n"
        "  --runs N         the median of N runs is printed (default 5)\n"
        "  --seconds S      about, each run (default 0.5)\n"
        "  --clock cpu      count processor time, not time: for --threads 1 on a machine that\n"
        "                   others use, too (default wall)\n"
        "  --device cuda    on the GPU, variant `cuda`: whole, one training, and decide, all "
        "items\n"
        "                   of the largest split rolled out at once, copies included (default "
        "cpu)\n"
        "  --data F.h5      measure on this file (default: a made-up table of the papers' "
        "shape,\n"
        "                   30 models and 1,104 labels, lab/bench/table.h)\n"
        "  --items N        of the made-up table (default 4000)\n"
        "  --table F.h5     write the made-up table and stop: for programs to compare with\n"
        "  --tsv F          write the figures; experiments/results/ has some\n"
        "  --json F         the same as JSON\n"
        "  --against F      a file of --tsv: print how many times as fast each figure is now,\n"
        "                   and exit with 1 if one is slower by more than the tolerance\n"
        "  --tolerance X    share of the speed that may be lost (default 0.3)\n"
        "\n"
        "A bound stands beside each figure: operations over the measured rate of "
        "multiply-adds\n"
        "or bytes over the measured bandwidth, whichever takes longer; share is median / "
        "bound.\n"
        "\n"
        "Examples:\n"
        "  ams bench --what update,decide --batches 64\n"
        "  ams bench --tsv now.tsv --against experiments/results/bench-1.tsv\n",
    CLI_OPTIONS(options),
    .run = run,
};
