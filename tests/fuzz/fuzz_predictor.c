/* A predictor of a file: whatever comes, nothing breaks, and one that is taken predicts
 * utilities that rise from 0 to 1, whatever jobs have output. */
#include "ams/stream_predict.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/fuzz.h"

enum { MOST = AMS_STREAM_STAGES + 1 };

/* Of stages, from each state on. */
static void predict_all(const ams_saved_predictor *saved, const ams_job_outputs *outputs)
{
    const ams_predictor p = outputs != NULL ? ams_job_outputs_predictor(outputs)
                                            : ams_fitted_predictor(saved->fitted);
    for (uint32_t l = 0; l <= saved->n_models; l++) {
        float u[MOST] = {0};
        const ams_stream_job job = {.done = ams_stream_mask(false, l), .observed = 0.5F};
        p.predict(p.state, &job, u);
        for (uint32_t s = l; s <= saved->n_models; s++) {
            need(u[s] >= 0 && u[s] <= 1 && (s == l || u[s] >= u[s - 1]));
        }
    }
}

static void say_all(const ams_saved_predictor *saved)
{
    const ams_names *known = &saved->regressions->label;
    const char *const label[] = {"t/unknown", known->count > 0 ? ams_names_get(known, 0) : "-"};
    const float confidence[] = {0.25F, 1};
    ams_job_outputs *outputs = NULL;
    need(ams_job_outputs_create(&outputs, saved->regressions, NULL) == AMS_OK);
    for (uint32_t l = 0; l < saved->n_models; l++) {
        predict_all(saved, outputs);
        need(ams_job_outputs_add(outputs, 0, l, label, confidence, 2, NULL) == AMS_OK);
    }
    predict_all(saved, outputs);
    ams_job_outputs_destroy(outputs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file file = fuzz_file_open(data, size);
    ams_saved_predictor saved;
    ams_error err = {.text = ""};
    const ams_status status = ams_saved_predictor_read(&saved, file.path, &err);
    fuzz_check(status, &err);
    need((status == AMS_OK) == (saved.fitted != NULL || saved.regressions != NULL));
    need(saved.model.count == 0 || saved.model.count == saved.n_models);
    if (saved.regressions != NULL) {
        say_all(&saved);
    } else if (status == AMS_OK && !saved.sets) {
        predict_all(&saved, NULL);
    }
    ams_saved_predictor_fini(&saved);
    fuzz_file_close(&file);
    return 0;
}
