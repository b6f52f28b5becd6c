/* Schedules one item with the library to embed: it says which model to run next, and this
 * program runs it. The library allocates nothing: it works in memory that it is given.
 *
 *   embed runs/mine/policy.ams [DEADLINE_MS] */
#include <ams/online.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void check(int code)
{
    if (code != AMS_ONLINE_OK) {
        fprintf(stderr, "%s\n", ams_online_text(code));
        exit(1);
    }
}

/* The whole file; a program may as well have it compiled in (`ams export --format header`). */
static void *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(3);
    }
    *size = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*size);
    *size = bytes == NULL ? 0 : fread(bytes, 1, *size, file);
    fclose(file);
    return bytes;
}

int main(int argc, char **argv)
{
    size_t size = 0, need = 0;
    void *bytes = read_file(argc > 1 ? argv[1] : "policy.ams", &size);
    ams_online *policy;
    check(ams_online_size(bytes, size, &need));
    check(ams_online_open(&policy, bytes, size, malloc(need), need));

    ams_item_limits limits = ams_item_limits_none();
    limits.deadline_ms = argc > 2 ? atof(argv[2]) : INFINITY;
    const size_t room = ams_item_size(policy);
    ams_item *item;
    check(ams_item_begin(&item, policy, &limits, malloc(room), room));
    double now_ms = 0; /* since the item began; a real program reads a clock */
    ams_item_step step;
    for (check(ams_item_next(item, now_ms, &step)); step.answer == AMS_ITEM_START;
         check(ams_item_next(item, now_ms, &step))) {
        const uint32_t model = step.model[0]; /* one at a time, without a memory limit */
        check(ams_item_started(item, model, now_ms));
        printf("%7.1f ms  %s\n", now_ms, ams_online_model_name(policy, model));
        now_ms += (double)ams_online_model_ms(policy, model); /* here the model would run, */
        check(ams_item_finished(item, model, now_ms, NULL, NULL, 0)); /* and find labels */
    }
    return 0;
}
