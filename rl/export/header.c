/* policy.h: the bytes of policy.ams in a C array, so that one loader reads both. */
#include "rl/export/kinds.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { A_LINE = 20 };

static const char END[] = "};\n\n#endif\n";
static const char BEGIN[] = "static const unsigned char ams_policy[";

/* Names are free text: only what cannot end a comment stands in one. */
static void tame(const char *text, char out[64])
{
    size_t n = 0;
    for (; text[n] != '\0' && n < 63; n++) {
        bool plain = isalnum((unsigned char)text[n]) || strchr(" -_=,.:", text[n]) != NULL;
        out[n] = '?';
        if (plain) {
            out[n] = text[n];
        }
    }
    out[n] = '\0';
}

ams_status ams_header_write(const ams_policy_file *policy, const ams_golden *golden,
                            ams_blob *blob, ams_error *err)
{
    ams_blob bytes = {0};
    char label[64];
    ams_status status = AMS_OK;
    (void)golden;
    tame(policy->label, label);
    AMS_TRY(ams_policy_file_bytes(policy, &bytes, err));
    AMS_TRY(ams_blob_text(
        blob, err,
        "/* The bytes of policy.ams, written by `ams export`: %s, seed %llu, %u models,\n"
        " * %u labels, weights %s, data %s. */\n"
        "#ifndef AMS_POLICY_H\n#define AMS_POLICY_H\n\n%s%zu] = {\n",
        label, (unsigned long long)policy->seed, policy->model_name.count,
        policy->label_name.count, ams_stored_modes[policy->stored], policy->data_hash, BEGIN,
        bytes.size));
    for (size_t at = 0; at < bytes.size; at += A_LINE) {
        char line[A_LINE * 4 + 2];
        size_t used = 0;
        for (size_t i = at; i < bytes.size && i < at + A_LINE; i++) {
            int n = snprintf(line + used, sizeof line - used, "%u,", bytes.data[i]);
            used += n > 0 ? (size_t)n : 0;
        }
        line[used++] = '\n';
        AMS_TRY(ams_blob_put(blob, line, used, err));
    }
    AMS_TRY(ams_blob_text(blob, err, "%s", END));
out:
    ams_blob_fini(&bytes);
    return status;
}

static ams_status bad(ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA, "policy.h: expected an array of bytes, found no such");
}

ams_status ams_header_q(const ams_blob *text, const ams_golden *golden, float *q,
                        ams_error *err)
{
    ams_blob bytes = {0};
    ams_policy_file policy = {0};
    ams_status status = AMS_OK;
    char *end = NULL;
    const char *at = memmem(text->data, text->size, BEGIN, sizeof BEGIN - 1);
    if (at == NULL) {
        return bad(err);
    }
    unsigned long size = strtoul(at + sizeof BEGIN - 1, &end, 10);
    if (strncmp(end, "] = {\n", 6) != 0) {
        return bad(err);
    }
    for (at = end + 6; *at != '}'; at = end + (end[1] == '\n' ? 2 : 1)) {
        unsigned long value = strtoul(at, &end, 10);
        uint8_t byte = (uint8_t)value;
        if (end == at || *end != ',' || value > UINT8_MAX) {
            status = bad(err);
            goto out;
        }
        AMS_TRY(ams_blob_put(&bytes, &byte, 1, err));
    }
    if (bytes.size != size || strcmp(at, END) != 0) {
        status = bad(err);
        goto out;
    }
    AMS_TRY(ams_policy_file_parse(&policy, bytes.data, bytes.size, "policy.h", err));
    AMS_TRY(ams_golden_forward(golden, &policy.net, q, err));
out:
    ams_policy_file_fini(&policy);
    ams_blob_fini(&bytes);
    return status;
}
