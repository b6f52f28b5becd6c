/* A checkpoint of a run: whatever comes, nothing breaks; a training that continues from one
 * that is taken goes on, and saves what can be taken again.
 *
 * The first byte is the kind of training (checkpoints.h), the rest the file, which is read as
 * it is and with its checksums mended. */
#include "ams/sections.h"
#include "rl/run/checkpoint.h"
#include "tests/fuzz/checkpoints.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/mend.h"

#include <math.h>
#include <string.h>

enum { GOES_ON = 12 };

static void go_on(ams_trainer *trainer, unsigned kind)
{
    ams_blob blob = {0};
    ams_sections sections;
    ams_trainer *again = NULL;
    ams_error err = {.text = ""};
    const ams_train_options o = checkpoint_options(kind);
    for (int k = 0; k < GOES_ON && ams_trainer_updates(trainer) < o.steps; k++) {
        ams_trainer_update(trainer);
    }
    need(ams_blob_begin(&blob, "AMSCKPT1", &err) == AMS_OK);
    need(ams_trainer_save(trainer, &blob, &err) == AMS_OK);
    need(ams_trainer_create(&again, checkpoint_env(kind), &o, NULL, &err) == AMS_OK);
    need(ams_sections_open(&sections, blob.data, blob.size, "AMSCKPT1", "again", &err) ==
         AMS_OK);
    /* Weights that diverge are not taken; a run that sees a loss like that ends. */
    need(ams_trainer_restore(again, &sections, &err) == AMS_OK ||
         !isfinite(ams_trainer_peek_stats(trainer).loss) ||
         strstr(err.text, "finite") != NULL || strstr(err.text, "priorities") != NULL);
    ams_trainer_destroy(again);
    ams_blob_fini(&blob);
}

static void read_checkpoint(const uint8_t *data, size_t size, unsigned kind)
{
    ams_trainer *trainer = NULL;
    ams_run_progress progress = {.best_updates = 0};
    ams_error err = {.text = ""};
    char damaged[AMS_CHECKPOINT_REASON];
    ams_checkpoint_file found = AMS_CHECKPOINT_NONE;
    const ams_train_options o = checkpoint_options(kind);
    need(ams_trainer_create(&trainer, checkpoint_env(kind), &o, NULL, &err) == AMS_OK);
    float *best = malloc(ams_trainer_net(trainer)->n_params * sizeof *best);
    need(best != NULL);
    const char *folder = fuzz_folder(NULL, 0, NULL, 0);
    fuzz_write("checkpoints/last", data, size);
    ams_status status =
        ams_checkpoint_read(folder, trainer, &progress, best, &found, damaged, &err);
    fuzz_check(status, &err);
    if (status == AMS_OK) {
        need(found == AMS_CHECKPOINT_LAST && damaged[0] == '\0');
        go_on(trainer, kind);
    }
    free(best);
    ams_trainer_destroy(trainer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const unsigned kind = data[0] % CHECKPOINT_KINDS;
    uint8_t *mended = malloc(size);
    need(mended != NULL);
    memcpy(mended, data, size);
    read_checkpoint(data + 1, size - 1, kind);
    mend_checksums(mended + 1, size - 1);
    read_checkpoint(mended + 1, size - 1, kind);
    free(mended);
    return 0;
}
