/* The files of the generator's story: whatever comes, nothing breaks, and a story that is taken
 * generates tables that pass their check. Files that an input lacks are the built-in ones. */
#include "ams/synth.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/fuzz.h"

static const char *const names[] = {"story.tsv", "models.tsv", "labels.tsv", "cube.tsv"};
static const char *const presets[] = {"coco", "cube"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ams_error err = {.text = ""};
    const char *folder = fuzz_folder(names, sizeof names / sizeof *names, data, size);
    for (size_t k = 0; k < sizeof presets / sizeof *presets; k++) {
        ams_synth *synth = NULL;
        ams_table table = {0};
        ams_synth_options options = ams_synth_defaults();
        options.preset = presets[k];
        options.folder = folder;
        options.n_items = 4;
        ams_status status = ams_synth_create(&synth, &options, &err);
        fuzz_check(status, &err);
        if (status == AMS_OK) {
            fuzz_check(ams_synth_table(synth, 4, &table, &err), &err);
            need(table.indptr == NULL ||
                 ams_table_check(&table, table.indptr[(size_t)table.n_items * table.n_models],
                                 &err) == AMS_OK);
        }
        ams_table_fini(&table);
        ams_synth_destroy(synth);
    }
    return 0;
}
