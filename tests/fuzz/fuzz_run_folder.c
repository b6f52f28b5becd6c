/* What a run's folder says of the run, and the trace of an item: whatever comes, nothing
 * breaks, and what is refused says why. */
#include "ams/training_request.h"
#include "lab/reproduce/reproduce.h"
#include "rl/run/manifest.h"
#include "rl/run/record.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const char *const names[] = {"manifest.json", "config.ini", "timing.tsv", "trace.json"};

static void read_record(const char *folder)
{
    ams_error err = {.text = ""};
    char *path = NULL;
    char hash[AMS_HASH_TEXT] = "";
    uint64_t items = 0;
    double seconds = 0;
    ams_status status = ams_run_record_data(folder, &path, hash, &err);
    fuzz_check(status, &err);
    need(status != AMS_OK || (path != NULL && strlen(hash) < AMS_HASH_TEXT));
    free(path);
    fuzz_check(ams_run_record_items(folder, &items, &err), &err);
    fuzz_check(ams_run_record_seconds(folder, &seconds, &err), &err);
    status = ams_training_recorded_data(folder, &path, &err);
    fuzz_check(status, &err);
    if (status == AMS_OK) {
        free(path);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ams_error err = {.text = ""};
    char *words = NULL;
    const char *folder = fuzz_folder(names, sizeof names / sizeof *names, data, size);
    read_record(folder);
    ams_status status = ams_trace_words(fuzz_path("trace.json"), &words, &err);
    need(status != AMS_OK || words != NULL);
    fuzz_check(status, &err);
    free(words);
    /* It keeps the time at which the run was begun. */
    const ams_manifest manifest = {.directory = folder,
                                   .command = "ams train",
                                   .version = "0",
                                   .data_path = "a.h5",
                                   .data_hash = "0",
                                   .device = "cpu",
                                   .state = "running"};
    fuzz_check(ams_manifest_write(&manifest, &err), &err);
    read_record(folder);
    return 0;
}
