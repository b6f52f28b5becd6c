/* Writes the files of corpus/checkpoint: one per kind of training, after 40 updates.
 *   make_checkpoints FOLDER */
#include "ams/sections.h"
#include "base/file.h"
#include "rl/run/checkpoint.h"
#include "tests/fuzz/checkpoints.h"
#include "tests/fuzz/files.h"

static void write_checkpoint(const char *folder, unsigned kind)
{
    char path[512];
    char *bytes = NULL;
    size_t size = 0;
    ams_trainer *trainer = NULL;
    ams_error err;
    const ams_run_progress progress = {.metrics_bytes = 100, .best_updates = 20};
    const ams_train_options o = checkpoint_options(kind);
    need(ams_trainer_create(&trainer, checkpoint_env(kind), &o, NULL, &err) == AMS_OK);
    for (int k = 0; k < 40; k++) {
        ams_trainer_update(trainer);
    }
    const char *scratch = fuzz_folder(NULL, 0, NULL, 0);
    fuzz_write("checkpoints/previous", NULL, 0);
    need(ams_checkpoint_write(scratch, trainer, &progress, ams_trainer_net(trainer)->params,
                              false, &err) == AMS_OK);
    need(ams_read_file(fuzz_path("checkpoints/last"), 1 << 24, &bytes, &size, &err) == AMS_OK);
    snprintf(path, sizeof path, "%s/kind-%u", folder, kind);
    FILE *stream = fopen(path, "wbe");
    need(stream != NULL && putc((int)kind, stream) == (int)kind);
    need(fwrite(bytes, 1, size, stream) == size && fclose(stream) == 0);
    free(bytes);
    ams_trainer_destroy(trainer);
}

int main(int argc, char **argv)
{
    for (unsigned kind = 0; argc == 2 && kind < CHECKPOINT_KINDS; kind++) {
        write_checkpoint(argv[1], kind);
    }
    return argc != 2;
}
