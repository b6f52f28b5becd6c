/* `ams export`: a trained policy in files for other programs, each verified first. */
#include "ams/export_set.h"
#include "ams/link_exports.h"

#include "base/file.h"
#include "base/memory.h"
#include "cli/json.h"
#include "cli/score_options.h"
#include "cli/weights.h"
#include "console/options.h"
#include "lab/score/quantize.h"
#include "rl/run/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct export_job {
    const char *source, *directory, *data, *stored;
    const char *const *format;
    size_t n_formats;
    ams_export_set formats;
    double tolerance;
    bool quantize, json, links; /* links: in place of a policy */
    ams_quantize_options rounding;
    char *data_path;
    ams_policy_file policy; /* as trained */
    ams_quantized rounded;  /* with --quantize: what the files hold */
} export_job;

static const cli_option options[] = {
    CLI_VALUE(
        "--format", "LIST",
        "formats between commas (default ams). ams: policy.ams, which AMS reads; header: "
        "policy.h, its bytes as a C array; onnx: policy.onnx; safetensors: policy.safetensors, "
        "weights and biases; golden: golden.json, states and Q-values, to check others with",
        CLI_INTO_NAMES(export_job, format, n_formats)),
    CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER, "where the files go",
             CLI_REQUIRED(export_job, directory)),
    CLI_VALUE("--quantize", "T",
              "round the weights to int8 or fp16 (formats ams, header and golden) and print "
              "what that changes on the items of a split",
              CLI_INTO_TEXT(export_job, stored)),
    CLI_FILE("--data", "F.h5", CLI_READS,
             "whose items these are (default: the data of RUN's training)",
             CLI_INTO_TEXT(export_job, data)),
    CLI_FIT,
    CLI_SCORE_SPLIT(export_job, rounding.split),
    CLI_VALUE("--tolerance", "X",
              "how far Q-values of a file may be from the policy's, as a share of the largest "
              "|Q| or of 1 (default 1e-5)",
              CLI_INTO_REAL(export_job, tolerance, 0, 1)),
    CLI_FLAG("--json", "print JSON", CLI_INTO_FLAG(export_job, json)),
};

static ams_status get_formats(export_job *job, ams_error *err)
{
    static const char *const usual = "ams";
    const char *const *format = job->n_formats > 0 ? job->format : &usual;
    for (size_t k = 0; k == 0 || k < job->n_formats; k++) {
        ams_status status = ams_export_set_add(&job->formats, format[k], err);
        if (status != AMS_OK) {
            ams_error_prefix(err, "option --format");
            return status;
        }
    }
    const ams_export_kind *unrounded = ams_export_set_unrounded(&job->formats);
    if (job->quantize && unrounded != NULL) {
        return ams_fail(err, AMS_USAGE,
                        "--quantize is for the formats ams, header and golden; export %s "
                        "without it",
                        unrounded->name);
    }
    return AMS_OK;
}

static ams_status get_rounding(export_job *job, const cli_args *args, ams_error *err)
{
    job->quantize = job->stored != NULL;
    if (!job->quantize && (job->data != NULL || cli_has(args, "--split")) &&
        !(args->n_operands == 1 && cli_is_baseline(args->operand[0]))) {
        return ams_fail(err, AMS_USAGE,
                        "--data and --split say where --quantize is measured; without it "
                        "nothing is");
    }
    const bool fp16 = job->quantize && strcmp(job->stored, "fp16") == 0;
    if (job->quantize && !fp16 && strcmp(job->stored, "int8") != 0) {
        return ams_fail(err, AMS_USAGE, "option --quantize: expected int8 or fp16, found '%s'",
                        job->stored);
    }
    job->rounding.stored = fp16 ? AMS_STORED_FP16 : AMS_STORED_INT8;
    return AMS_OK;
}

static ams_status get_options(export_job *job, const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, job, err));
    AMS_TRY(get_rounding(job, args, err));
    AMS_TRY(cli_one_operand(args, "one run folder, policy file, links file or baseline",
                            &job->source, err));
    job->links = ams_link_exports_is_links(job->source);
    status = !job->links     ? get_formats(job, err)
             : job->quantize ? ams_fail(err, AMS_USAGE,
                                        "option --quantize is for policies, and "
                                        "%s holds links",
                                        job->source)
                             : AMS_OK;
out:
    return status;
}

/* The file that --data names, or that the run was trained on. */
static ams_status find_data(export_job *job, const cli_args *args, ams_error *err)
{
    const char *given = job->data != NULL ? job->data : cli_get(args, "--fit", NULL);
    char hash[AMS_HASH_TEXT];
    ams_status status = given != NULL
                            ? ams_copy_text(&job->data_path, given, err)
                            : ams_run_record_data(job->source, &job->data_path, hash, err);
    if (status == AMS_BAD_DATA) {
        ams_error_prefix(err, "--quantize measures what it changes: give --data F.h5");
        status = AMS_USAGE;
    }
    job->rounding.data_path = job->data_path;
    return status;
}

/* policy.ams is not written over the policy.ams that is read. */
static ams_status check_target(const export_job *job, ams_error *err)
{
    char *path = NULL;
    char *target = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_policy_file_path(&path, job->source, err));
    AMS_TRY(ams_join_path(&target, job->directory, "policy.ams", err));
    if (ams_export_set_has(&job->formats, "ams") && ams_same_file(path, target)) {
        status = ams_fail(err, AMS_USAGE,
                          "option -o: %s would be written over what is read, %s; give another "
                          "-o, or formats without ams",
                          target, job->source);
    }
out:
    free(path);
    free(target);
    return status;
}

static ams_status export_policy(export_job *job, const cli_args *args, ams_result *result,
                                ams_error *err)
{
    const ams_quantized *rounded = job->quantize ? &job->rounded : NULL;
    ams_status status = AMS_OK;
    AMS_TRY(cli_is_baseline(job->source) ? AMS_OK : check_target(job, err));
    AMS_TRY(cli_get_weights(args, job->source, job->data, &job->policy, err));
    if (job->quantize) {
        AMS_TRY(find_data(job, args, err));
        AMS_TRY(ams_quantize(&job->rounded, &job->policy, &job->rounding, err));
    }
    AMS_TRY(ams_export_set_write(&job->formats, job->quantize ? &rounded->policy : &job->policy,
                                 job->directory, job->tolerance, err));
    status = ams_export_result(&job->formats, rounded, &job->rounding, result, err);
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    export_job job = {.tolerance = 1e-5, .rounding = {.split = AMS_TEST}};
    ams_result result = {.n = 0};
    ams_status status = AMS_OK;
    AMS_TRY(get_options(&job, args, err));
    AMS_TRY(job.links ? ams_link_exports_write(job.source, job.format, job.n_formats,
                                               job.directory, job.tolerance, &result, err)
                      : export_policy(&job, args, &result, err));
    if (job.quantize && !job.json) {
        ams_quantized_print(&job.rounded, &job.rounding, job.policy.stored,
                            job.formats.largest_q, stdout);
    }
    if (job.json) {
        status = ams_result_print_json(&result, stdout, err);
    } else {
        ams_frame_print(ams_result_frame(&result, "files"), stdout);
    }
out:
    ams_result_fini(&result);
    ams_policy_file_fini(&job.policy);
    ams_quantized_fini(&job.rounded);
    free(job.data_path);
    return status;
}

const ams_command ams_cmd_export = {
    .name = "export",
    .summary = "write a policy or links as C, ONNX or safetensors",
    .usage = "ams export RUN [--format ams,header,onnx,safetensors,golden] -o DIR\n"
             "           [--quantize int8|fp16 [--data F.h5] [--split test]] [--fit F.h5]",
    .help =
        "RUN is a run folder, a policy file, or a baseline of fixed size (fixed, linear,\n"
        "rules:FILE), which --fit fits, in weights of the same decisions; or a file of links,\n"
        "for which header is links.h, C99 that computes them (the default), onnx links.onnx "
        "and\n"
        "golden golden.json, inputs and predictions. Every file is read\n"
        "back from the disk, and its Q-values are compared with the policy's on 256 states,\n"
        "before it takes its name; one that differs by more than is allowed is not kept, exit\n"
        "code 5. Equal policies give equal bytes. docs/format.md has the files' contents.\n"
        "\n"
        "Examples:\n"
        "  ams export runs/dqn-0 --format ams,header,onnx,safetensors -o export\n"
        "  ams export fixed --fit mine.h5 -o exports/fixed\n"
        "  ams export chosen.ams --format header,onnx -o exports/links\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS,
    .in_place = true,
    .run = run,
};
