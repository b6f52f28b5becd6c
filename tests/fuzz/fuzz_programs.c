/* The commands of `ams run` and what programs print: whatever comes, nothing breaks, and what
 * is taken keeps the promises of serve/programs.h. */
#include "serve/programs.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_programs(const ams_programs *programs)
{
    need(programs->n > 0 && programs->n <= AMS_ONLINE_MODELS);
    for (uint32_t i = 0; i < programs->n; i++) {
        const ams_program *p = &programs->program[i];
        need(p->name[0] != '\0' && p->command[0] != '\0' && p->task[0] != '\0');
        need(isnan(p->time_ms) || p->time_ms > 0);
        need(isnan(p->mem_mb) || p->mem_mb >= 0);
        need(isnan(p->priority) || p->priority > 0);
        for (uint32_t k = 0; k < i; k++) {
            need(strcmp(programs->program[k].name, p->name) != 0);
        }
    }
}

static void read_file(const uint8_t *data, size_t size)
{
    /* A file in memory, which is opened by its path. */
    char path[64];
    ams_programs programs;
    ams_error err = {.text = ""};
    int fd = memfd_create("models", MFD_CLOEXEC);
    need(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (ams_programs_read(&programs, path, NULL, &err) == AMS_OK) {
        check_programs(&programs);
    } else {
        need(err.text[0] != '\0' && programs.n == 0);
    }
    ams_programs_fini(&programs);
    close(fd);
}

static void read_output(const uint8_t *data, size_t size)
{
    char *text = malloc(size == 0 ? 1 : size);
    ams_output output;
    ams_error err = {.text = ""};
    need(text != NULL);
    memcpy(text, data, size);
    bool taken = ams_output_parse(&output, text, size, "task", &err) == AMS_OK;
    need(taken || err.text[0] != '\0');
    for (size_t i = 0; i < output.n; i++) {
        need(strncmp(output.label[i], "task/", 5) == 0 && output.label[i][5] != '\0');
        need(output.confidence[i] >= 0 && output.confidence[i] <= 1);
        need(strchr(output.label[i], '\n') == NULL && strchr(output.label[i], '\t') == NULL);
    }
    ams_output_fini(&output);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_file(data, size);
    read_output(data, size);
    return 0;
}
