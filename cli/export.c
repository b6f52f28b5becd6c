/* `ams export`: a trained policy in files for other programs, each proved before it is kept. */
#include "rl/export/export.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/number.h"
#include "cli/cli.h"
#include "sched/evaluate.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const cli_option options[] = {
    {.name = "--format", .takes_value = true},
    {.name = "-o", .takes_value = true},
    {.name = "--quantize", .takes_value = true},
    {.name = "--data", .takes_value = true},
    {.name = "--split", .takes_value = true},
    {.name = "--tolerance", .takes_value = true},
    {.name = "--json"},
};

enum { MOST_FORMATS = 16 };
static const double DEFAULT_TOLERANCE = 1e-5;

/* The measures of validation: area, and ms as the mean over required recalls 0.8, 0.9, 1. */
typedef struct metric {
    double area, time_ms;
} metric;

typedef struct session {
    const char *source, *directory, *split_name;
    const ams_export_kind *kind[MOST_FORMATS];
    uint32_t n_kinds;
    ams_export_report report[MOST_FORMATS];
    double tolerance;
    bool quantize;
    ams_stored stored;
    ams_split split;
    char *data_path;
    ams_policy_file policy;  /* as trained */
    ams_policy_file rounded; /* with --quantize: what the files hold */
    double q_change;         /* largest change of Q on the golden states */
    metric before, after;
    uint32_t n_items;
    ams_golden golden;
} session;

static ams_status add_format(session *s, const char *name, size_t length, ams_error *err)
{
    const char *known[MOST_FORMATS];
    char word[32];
    snprintf(word, sizeof word, "%.*s", (int)(length < 31 ? length : 31), name);
    for (size_t i = 0; i < ams_n_export_kinds; i++) {
        known[i] = ams_export_kinds[i].name;
        if (strcmp(known[i], word) != 0) {
            continue;
        }
        for (uint32_t k = 0; k < s->n_kinds; k++) {
            if (s->kind[k] == &ams_export_kinds[i]) {
                return ams_fail(err, AMS_USAGE, "option --format: '%s' stands twice", word);
            }
        }
        s->kind[s->n_kinds++] = &ams_export_kinds[i];
        return AMS_OK;
    }
    const char *near = ams_nearest(word, known, ams_n_export_kinds);
    return ams_fail(err, AMS_USAGE,
                    "option --format: expected ams, header, onnx, safetensors or golden, "
                    "separated by commas, found '%s'%s%s%s",
                    word, near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
                    near == NULL ? "" : "?");
}

static ams_status settle_formats(session *s, const cli_args *args, ams_error *err)
{
    const char *at = cli_get(args, "--format", "ams");
    ams_status status = AMS_OK;
    while (status == AMS_OK) {
        size_t length = strcspn(at, ",");
        status = add_format(s, at, length, err);
        if (at[length] == '\0') {
            break;
        }
        at += length + 1;
    }
    return status;
}

static ams_status settle_quantize(session *s, const cli_args *args, ams_error *err)
{
    const char *wanted = cli_get(args, "--quantize", NULL);
    s->quantize = wanted != NULL;
    if (!s->quantize) {
        return AMS_OK;
    }
    if (strcmp(wanted, "fp16") != 0 && strcmp(wanted, "int8") != 0) {
        return ams_fail(err, AMS_USAGE, "option --quantize: expected int8 or fp16, found '%s'",
                        wanted);
    }
    s->stored = strcmp(wanted, "fp16") == 0 ? AMS_STORED_FP16 : AMS_STORED_INT8;
    for (uint32_t k = 0; k < s->n_kinds; k++) {
        if (!s->kind[k]->rounds) {
            return ams_fail(err, AMS_USAGE,
                            "--quantize is for the formats ams, header and golden; export %s "
                            "without it",
                            s->kind[k]->name);
        }
    }
    return AMS_OK;
}

static ams_status settle_options(session *s, const cli_args *args, ams_error *err)
{
    const char *tolerance = cli_get(args, "--tolerance", NULL);
    s->split_name = cli_get(args, "--split", "test");
    s->tolerance = DEFAULT_TOLERANCE;
    ams_status status = AMS_OK;
    AMS_TRY(settle_formats(s, args, err));
    AMS_TRY(settle_quantize(s, args, err));
    AMS_TRY(cli_require(args, "-o", &s->directory, err));
    if (args->n_operands != 1) {
        status = ams_fail(err, AMS_USAGE,
                          "expected one run folder or policy file, found %d; "
                          "`ams export RUN --format ams,header -o DIR`",
                          args->n_operands);
    } else if (!ams_split_parse(s->split_name, &s->split)) {
        status = ams_fail(err, AMS_USAGE,
                          "option --split: expected train, validation or test, found '%s'",
                          s->split_name);
    } else if (tolerance != NULL && (!ams_parse_double(tolerance, &s->tolerance) ||
                                     !(s->tolerance >= 0 && s->tolerance <= 1))) {
        status = ams_fail(err, AMS_USAGE, "option --tolerance: expected 0 to 1, found '%s'",
                          tolerance);
    } else if (!s->quantize && (cli_has(args, "--data") || cli_has(args, "--split"))) {
        status = ams_fail(err, AMS_USAGE,
                          "--data and --split say where --quantize is measured; without it "
                          "nothing is");
    } else {
        s->source = args->operand[0];
    }
out:
    return status;
}

/* The file that --data names, or that the run was trained on. */
static ams_status find_data(session *s, const cli_args *args, ams_error *err)
{
    const char *given = cli_get(args, "--data", NULL);
    char *path = NULL;
    ams_status status = AMS_OK;
    if (given != NULL) {
        return ams_copy_text(&s->data_path, given, err);
    }
    AMS_TRY(ams_join_path(&path, s->source, "manifest.json", err));
    json_t *manifest = json_load_file(path, 0, NULL);
    const char *data = json_string_value(json_object_get(manifest, "data"));
    status = data != NULL ? ams_copy_text(&s->data_path, data, err)
                          : ams_fail(err, AMS_USAGE,
                                     "--quantize measures what it changes: give --data F.h5 "
                                     "(%s names no data)",
                                     path);
    json_decref(manifest);
out:
    free(path);
    return status;
}

/* Rounding cannot be undone: it never takes the place of what it was made of. */
static ams_status keep_source(const session *s, const char *source, ams_error *err)
{
    char *target = NULL;
    struct stat a;
    struct stat b;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&target, s->directory, "policy.ams", err));
    if (s->quantize && stat(source, &a) == 0 && stat(target, &b) == 0 && a.st_dev == b.st_dev &&
        a.st_ino == b.st_ino) {
        status = ams_fail(err, AMS_USAGE,
                          "%s would be replaced by its rounded self; give another -o", target);
    }
out:
    free(target);
    return status;
}

static ams_status load(session *s, ams_error *err)
{
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_policy_file_path(&path, s->source, err));
    AMS_TRY(keep_source(s, path, err));
    AMS_TRY(ams_policy_file_read(&s->policy, path, err));
out:
    free(path);
    return status;
}

static ams_status score(const session *s, const ams_table *table, const ams_policy_file *policy,
                        metric *result, uint32_t *n, ams_error *err)
{
    ams_env *env = NULL;
    ams_policy *trained = NULL;
    ams_scores scores = {0};
    ams_eval_options eval = {.split = s->split};
    ams_status status = AMS_OK;
    AMS_TRY(ams_env_create(&env, table, &policy->env, err));
    AMS_TRY(ams_policy_create_from_net(&trained, env, &policy->net, policy->decide, err));
    AMS_TRY(ams_evaluate(&scores, trained, table, &eval, err));
    *n = scores.n;
    for (uint32_t i = 0; i < scores.n; i++) {
        const double *time_ms = scores.time_ms + (size_t)i * AMS_RECALLS;
        result->area += scores.area[i] / scores.n;
        /* Required recalls 0.8, 0.9 and 1.0. */
        result->time_ms +=
            (time_ms[AMS_RECALLS - 3] + time_ms[AMS_RECALLS - 2] + time_ms[AMS_RECALLS - 1]) /
            3 / scores.n;
    }
out:
    ams_scores_fini(&scores);
    ams_policy_destroy(trained);
    ams_env_destroy(env);
    return status;
}

/* Rounds the weights as a reader of the file will have them, and measures what that changes. */
static ams_status quantize(session *s, ams_error *err)
{
    const ams_stored trained = s->policy.stored;
    ams_blob bytes = {0};
    ams_table table = {0};
    float *q = NULL;
    ams_status status = AMS_OK;
    s->policy.stored = s->stored;
    status = ams_policy_file_bytes(&s->policy, &bytes, err);
    s->policy.stored = trained;
    AMS_TRY(status);
    AMS_TRY(ams_policy_file_parse(&s->rounded, bytes.data, bytes.size, "rounded policy", err));
    AMS_TRY(ams_table_read(&table, s->data_path, err));
    status = ams_policy_file_matches(&s->policy, &table, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s", s->data_path);
        goto out;
    }
    AMS_TRY(score(s, &table, &s->policy, &s->before, &s->n_items, err));
    AMS_TRY(score(s, &table, &s->rounded, &s->after, &s->n_items, err));
    AMS_TRY(ams_golden_init(&s->golden, &s->policy, err));
    const size_t n = (size_t)AMS_GOLDEN_STATES * s->golden.n_actions;
    AMS_TRY(ams_alloc(&q, n, sizeof *q, "Q values", err));
    AMS_TRY(ams_golden_forward(&s->golden, &s->rounded.net, q, err));
    for (size_t i = 0; i < n; i++) {
        s->q_change = fmax(s->q_change, fabs((double)q[i] - (double)s->golden.q[i]));
    }
    ams_golden_fini(&s->golden);
out:
    free(q);
    ams_table_fini(&table);
    ams_blob_fini(&bytes);
    return status;
}

static ams_status write_files(session *s, ams_error *err)
{
    const ams_policy_file *policy = s->quantize ? &s->rounded : &s->policy;
    ams_status status = AMS_OK;
    AMS_TRY(ams_golden_init(&s->golden, policy, err));
    AMS_TRY(ams_make_directories(s->directory, err));
    for (uint32_t k = 0; k < s->n_kinds && status == AMS_OK; k++) {
        char *path = NULL;
        AMS_TRY(ams_join_path(&path, s->directory, s->kind[k]->file, err));
        status = ams_export_write(s->kind[k], policy, &s->golden, path, s->tolerance,
                                  &s->report[k], err);
        free(path);
    }
out:
    return status;
}

static void print_quantize(const session *s)
{
    printf("%s against %s on %u items of the %s split: time %.2f -> %.2f ms (%+.2f %%; mean "
           "over\nrequired recalls 0.8, 0.9, 1.0), area %.5f -> %.5f; Q change by up to %.3g "
           "(largest |Q| %.3g)\n\n",
           ams_stored_modes[s->stored], ams_stored_modes[s->policy.stored], s->n_items,
           s->split_name, s->before.time_ms, s->after.time_ms,
           s->before.time_ms > 0 ? 100 * (s->after.time_ms / s->before.time_ms - 1) : 0,
           s->before.area, s->after.area, s->q_change, (double)s->golden.largest_q);
}

static void print_table(const session *s)
{
    if (s->quantize) {
        print_quantize(s);
    }
    printf("%-20s %10s   largest difference of Q (allowed) in %u states\n", "file", "bytes",
           (unsigned)AMS_GOLDEN_STATES);
    for (uint32_t k = 0; k < s->n_kinds; k++) {
        const ams_export_report *r = &s->report[k];
        printf("%-20s %10zu   %.3g (%.3g)\n", s->kind[k]->file, r->bytes, r->difference,
               r->allowed);
    }
}

static ams_status print_json(const session *s, ams_error *err)
{
    json_t *files = json_array();
    for (uint32_t k = 0; k < s->n_kinds; k++) {
        const ams_export_report *r = &s->report[k];
        json_array_append_new(files,
                              json_pack("{s:s, s:s, s:I, s:f, s:f}", "format", s->kind[k]->name,
                                        "file", s->kind[k]->file, "bytes", (json_int_t)r->bytes,
                                        "difference", r->difference, "allowed", r->allowed));
    }
    json_t *root = json_pack("{s:i, s:o}", "states", AMS_GOLDEN_STATES, "files", files);
    if (s->quantize) {
        json_object_set_new(
            root, "quantize",
            json_pack("{s:s, s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:f}", "weights",
                      ams_stored_modes[s->stored], "data", s->data_path, "split", s->split_name,
                      "items", (int)s->n_items, "time_ms_before", s->before.time_ms, "time_ms",
                      s->after.time_ms, "area_before", s->before.area, "area", s->after.area,
                      "q_change", s->q_change));
    }
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL) {
        return ams_fail(err, AMS_BACKEND, "out of memory for JSON");
    }
    puts(text);
    free(text);
    return AMS_OK;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    session s = {0};
    ams_status status = AMS_OK;
    AMS_TRY(settle_options(&s, args, err));
    AMS_TRY(load(&s, err));
    if (s.quantize) {
        AMS_TRY(find_data(&s, args, err));
        AMS_TRY(quantize(&s, err));
    }
    AMS_TRY(write_files(&s, err));
    if (cli_has(args, "--json")) {
        AMS_TRY(print_json(&s, err));
    } else {
        print_table(&s);
    }
out:
    ams_golden_fini(&s.golden);
    ams_policy_file_fini(&s.policy);
    ams_policy_file_fini(&s.rounded);
    free(s.data_path);
    return status;
}

const ams_command ams_cmd_export = {
    .name = "export",
    .summary = "a trained policy for other programs: C array, ONNX, safetensors",
    .usage = "ams export RUN [--format ams,header,onnx,safetensors,golden] -o DIR\n"
             "           [--quantize int8|fp16 [--data F.h5] [--split test]]",
    .help =
        "  RUN                a run folder or a policy file\n"
        "  --format LIST      separated by commas (default ams):\n"
        "                     ams: policy.ams, which AMS reads\n"
        "                     header: policy.h, its bytes as an array for C99 and C++\n"
        "                     onnx: policy.onnx, for inference runtimes\n"
        "                     safetensors: policy.safetensors, weights and biases\n"
        "                     golden: golden.json, states and their Q, to check others with\n"
        "  -o DIR             where the files go\n"
        "  --quantize T       rounds the weights to int8 or fp16 (formats ams, header and\n"
        "                     golden) and prints what that changes on a split's items\n"
        "  --data F.h5        they are of (default: the data that RUN was trained on)\n"
        "  --split S          train, validation or test (default test)\n"
        "  --tolerance X      how far Q of a file may be from the policy's, as a share of the\n"
        "                     largest |Q| or of 1 (default 1e-5)\n"
        "  --json             prints JSON\n"
        "\n"
        "Every file is read back from the disk and its Q compared with the policy's on 256\n"
        "states before it takes its name; one that differs by more is not kept, exit code 5.\n"
        "Equal policies give equal bytes. docs/format.md says what stands in the files.\n"
        "\n"
        "Example:\n"
        "  ams export runs/dqn-0 --format ams,header,onnx,safetensors -o export\n",
    CLI_OPTIONS(options),
    .run = run,
};
