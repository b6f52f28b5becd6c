/* models.tsv: whatever comes, nothing breaks, and a table of models that is taken keeps the
 * promises of ams/data.h. */
#include "ams/data.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>

static void check_models(const ams_model_table *models)
{
    need(models->name.count >= 1 && models->name.count <= AMS_MAX_MODELS);
    for (uint32_t m = 0; m < models->name.count; m++) {
        need(ams_names_get(&models->name, m)[0] != '\0');
        need(models->task[m] < models->task_name.count);
        need(models->time_ms == NULL ||
             (isfinite(models->time_ms[m]) && models->time_ms[m] > 0));
        need(isfinite(models->mem_mb[m]) && models->mem_mb[m] >= 0);
        need(isfinite(models->theta[m]) && models->theta[m] > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file file = fuzz_file_open(data, size);
    ams_model_table models = {0};
    ams_error err = {.text = ""};
    ams_status status = ams_model_table_read(&models, file.path, &err);
    fuzz_check(status, &err);
    if (status == AMS_OK) {
        check_models(&models);
    }
    ams_model_table_fini(&models);
    fuzz_file_close(&file);
    return 0;
}
