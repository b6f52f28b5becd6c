/* A search space from an INI file: whatever comes, nothing breaks, and every value drawn from a
 * space that is taken is one that its key takes, in the space's range. */
#include "ams/options.h"
#include "ams/space.h"
#include "tests/fuzz/fuzz.h"

#include "base/number.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_draws(const ams_space *space, ams_train_options *options)
{
    for (size_t d = 0; d < space->n; d++) {
        const ams_dimension *dimension = &space->dimension[d];
        for (uint64_t trial = 0; trial < 8; trial++) {
            char text[AMS_TEXT_MAX];
            ams_space_sample(dimension, 1, trial, text);
            need(ams_config_set(options, ams_train_keys, ams_n_train_keys, dimension->key->name,
                                text, "draw", NULL) == AMS_OK);
            double value = 0;
            if (dimension->kind >= AMS_SPACE_UNIFORM) {
                need(ams_parse_double(text, &value));
                need(value >= dimension->low && value <= dimension->high);
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A file in memory, which ams_space_read opens by its path. */
    char path[64];
    ams_error err;
    ams_space space;
    ams_train_options options;
    int fd = memfd_create("space", MFD_CLOEXEC);
    need(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    need(ams_train_defaults(&options, NULL) == AMS_OK);
    if (ams_space_read(&space, path, ams_train_keys, ams_n_train_keys, &options, &err) ==
        AMS_OK) {
        check_draws(&space, &options);
    }
    ams_space_fini(&space);
    close(fd);
    return 0;
}
