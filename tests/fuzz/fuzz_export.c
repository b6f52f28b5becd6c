/* Exported files as `ams export` reads them back: whatever comes, nothing breaks, and what is
 * refused says why. Each reader gets every input. */
#include "ams/export.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void read_as(const ams_export_kind *kind, const ams_golden *golden, const uint8_t *data,
                    size_t size)
{
    const size_t n = (size_t)AMS_GOLDEN_STATES * golden->n_actions;
    /* To the byte, with the one 0 that readers of text may count on. */
    ams_blob blob = {.data = malloc(size + 1), .size = size, .capacity = size + 1};
    float *q = malloc(n * sizeof *q);
    ams_error err = {.text = ""};
    need(blob.data != NULL && q != NULL);
    memcpy(blob.data, data, size);
    blob.data[size] = 0;
    ams_status status = kind->q(&blob, golden, q, &err);
    need(status == AMS_OK || (status != AMS_USAGE && err.text[0] != '\0'));
    free(q);
    free(blob.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ams_policy_file policy; /* the same for all inputs: made once */
    static ams_golden golden;
    if (golden.q == NULL) {
        ams_error err;
        need(ams_policy_file_read(&policy, AMS_CORPUS "/policy/small", &err) == AMS_OK);
        need(ams_golden_init(&golden, &policy, &err) == AMS_OK);
    }
    for (size_t i = 0; i < ams_n_export_kinds; i++) {
        read_as(&ams_export_kinds[i], &golden, data, size);
    }
    return 0;
}
