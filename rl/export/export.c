#include "ams/export.h"

#include "base/file.h"
#include "base/memory.h"
#include "rl/export/kinds.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ams_status ams_write(const ams_policy_file *policy, const ams_golden *golden,
                            ams_blob *blob, ams_error *err)
{
    (void)golden;
    return ams_policy_file_bytes(policy, blob, err);
}

static ams_status ams_read_q(const ams_blob *bytes, const ams_golden *golden, float *q,
                             ams_error *err)
{
    ams_policy_file policy;
    ams_status status =
        ams_policy_file_parse(&policy, bytes->data, bytes->size, "policy.ams", err);
    if (status == AMS_OK) {
        status = ams_golden_forward(golden, &policy.net, q, err);
    }
    ams_policy_file_fini(&policy);
    return status;
}

const ams_export_kind ams_export_kinds[] = {
    {"ams", "policy.ams", "what AMS reads", true, ams_write, ams_read_q},
    {"header", "policy.h", "the bytes of policy.ams as an array for C99 and C++", true,
     ams_header_write, ams_header_q},
    {"onnx", "policy.onnx", "for inference runtimes: state (N, F) to q (N, A)", false,
     ams_onnx_write, ams_onnx_q},
    {"safetensors", "policy.safetensors", "weights and biases by layer", false,
     ams_safetensors_write, ams_safetensors_q},
    {"golden", "golden.json", "states and their Q, to check another program with", true,
     ams_golden_write, ams_golden_read_q},
};
const size_t ams_n_export_kinds = sizeof ams_export_kinds / sizeof *ams_export_kinds;

static ams_status write_bytes(const ams_blob *blob, const char *path, ams_error *err)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return ams_fail(err, AMS_IO, "cannot create %s: %s", path, strerror(errno));
    }
    bool written = fwrite(blob->data, 1, blob->size, file) == blob->size;
    if (fclose(file) != 0 || !written) {
        return ams_fail(err, AMS_IO, "cannot write %s: %s", path, strerror(errno));
    }
    return AMS_OK;
}

/* What stands on the disk against the framework. */
static ams_status prove(ams_status (*read)(const ams_blob *bytes, const ams_golden *golden,
                                           float *q, ams_error *err),
                        const ams_golden *golden, const char *temporary,
                        ams_export_report *report, ams_error *err)
{
    const size_t n = (size_t)AMS_GOLDEN_STATES * golden->n_actions;
    ams_blob back = {0};
    char *bytes = NULL;
    float *q = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&q, n, sizeof *q, "Q values", err));
    AMS_TRY(ams_read_file(temporary, SIZE_MAX / 2, &bytes, &back.size, err));
    back.data = (uint8_t *)bytes;
    AMS_TRY(read(&back, golden, q, err));
    report->bytes = back.size;
    report->difference = 0;
    for (size_t i = 0; i < n; i++) {
        double difference = fabs((double)q[i] - (double)golden->q[i]);
        if (!(difference <= report->difference)) { /* not a number counts, too */
            report->difference = isnan(difference) ? (double)INFINITY : difference;
        }
    }
out:
    free(bytes);
    free(q);
    return status;
}

ams_status ams_export_keep(const ams_blob *blob,
                           ams_status (*read)(const ams_blob *bytes, const ams_golden *golden,
                                              float *q, ams_error *err),
                           const ams_golden *golden, const char *path, double tolerance,
                           ams_export_report *report, ams_error *err)
{
    char *temporary = NULL;
    ams_status status = AMS_OK;
    report->allowed = tolerance * fmax(1, (double)golden->largest_q);
    AMS_TRY(ams_temporary_path(&temporary, path, err));
    AMS_TRY(write_bytes(blob, temporary, err));
    AMS_TRY(prove(read, golden, temporary, report, err));
    if (!(report->difference <= report->allowed)) {
        status = ams_fail(err, AMS_DIFFERS,
                          "%s: what it computes differs by up to %.3g from the framework, "
                          "allowed are %.3g; it was not kept",
                          path, report->difference, report->allowed);
        goto out;
    }
    AMS_TRY(ams_file_publish(temporary, path, err));
out:
    if (status != AMS_OK && temporary != NULL) {
        unlink(temporary);
    }
    free(temporary);
    return status;
}

ams_status ams_export_write(const ams_export_kind *kind, const ams_policy_file *policy,
                            const ams_golden *golden, const char *path, double tolerance,
                            ams_export_report *report, ams_error *err)
{
    ams_blob blob = {0};
    ams_status status = AMS_OK;
    AMS_TRY(kind->write(policy, golden, &blob, err));
    status = ams_export_keep(&blob, kind->q, golden, path, tolerance, report, err);
out:
    ams_blob_fini(&blob);
    return status;
}
