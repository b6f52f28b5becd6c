/* Settings from an INI file and from an argument: whatever comes, nothing breaks, and settings
 * that are taken read back from what ams_config_write makes of them. */
#include "ams/options.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static ams_status read_bytes(ams_train_options *options, const void *data, size_t size)
{
    /* A file in memory, which ams_config_file opens by its path. */
    char path[64];
    ams_error err;
    int fd = memfd_create("config", MFD_CLOEXEC);
    need(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ams_status status = ams_config_file(options, ams_train_keys, ams_n_train_keys, path, &err);
    close(fd);
    return status;
}

static void check_round_trip(const ams_train_options *options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    need(stream != NULL);
    ams_config_write(options, ams_train_keys, ams_n_train_keys, stream);
    need(fclose(stream) == 0);
    ams_train_options again;
    need(ams_train_defaults(&again, NULL) == AMS_OK);
    need(read_bytes(&again, text, size) == AMS_OK);
    for (size_t i = 0; i < ams_n_train_keys; i++) {
        char wanted[2 * AMS_TEXT_MAX];
        char found[2 * AMS_TEXT_MAX];
        ams_config_print(options, &ams_train_keys[i], wanted, sizeof wanted);
        ams_config_print(&again, &ams_train_keys[i], found, sizeof found);
        need(strcmp(wanted, found) == 0);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ams_train_options options;
    ams_error err;
    need(ams_train_defaults(&options, NULL) == AMS_OK);
    if (read_bytes(&options, data, size) == AMS_OK) {
        check_round_trip(&options);
        (void)ams_train_check(&options, &err);
    }
    char *argument = malloc(size + 1);
    need(argument != NULL);
    memcpy(argument, data, size);
    argument[size] = '\0';
    need(ams_train_defaults(&options, NULL) == AMS_OK);
    if (ams_config_argument(&options, ams_train_keys, ams_n_train_keys, argument, &err) ==
        AMS_OK) {
        check_round_trip(&options);
    }
    free(argument);
    return 0;
}
