/* A predictor of two stages as a table: whatever comes, nothing breaks, and one that is taken
 * predicts utilities that rise from 0 to 1. */
#include "ams/stream.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/fuzz.h"

enum { STAGES = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file file = fuzz_file_open(data, size);
    ams_fitted *fitted = NULL;
    ams_error err = {.text = ""};
    ams_status status = ams_fitted_read(&fitted, file.path, STAGES, false, &err);
    fuzz_check(status, &err);
    need((status == AMS_OK) == (fitted != NULL));
    for (uint32_t l = 0; fitted != NULL && l <= STAGES; l++) {
        float u[STAGES + 1] = {0};
        const ams_stream_job job = {.done = (UINT64_C(1) << l) - 1, .observed = 0.5F};
        const ams_predictor p = ams_fitted_predictor(fitted);
        p.predict(p.state, &job, u);
        for (uint32_t s = l; s <= STAGES; s++) {
            need(u[s] >= 0 && u[s] <= 1 && (s == l || u[s] >= u[s - 1]));
        }
    }
    ams_fitted_destroy(fitted);
    fuzz_file_close(&file);
    return 0;
}
