/* Runs an item of a policy.ams; the same in C and C++. Prints the order of the models. */
#include <ams.h>

#include <stdio.h>
#include <stdlib.h>

static void check(int code)
{
    if (code != AMS_ONLINE_OK) {
        fprintf(stderr, "%s\n", ams_online_text(code));
        exit(1);
    }
}

static int run(const char *path)
{
    static char bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    size_t size = 0;
    ams_online *policy = NULL;
    check(ams_online_size(bytes, n, &size));
    void *memory = malloc(size);
    check(ams_online_open(&policy, bytes, n, memory, size));
    void *room = malloc(ams_item_size(policy));
    ams_item *item = NULL;
    ams_item_step step;
    double now = 0;
    check(ams_item_begin(&item, policy, NULL, room, ams_item_size(policy)));
    for (check(ams_item_next(item, now, &step)); step.answer == AMS_ITEM_START;
         check(ams_item_next(item, now, &step))) {
        uint32_t label = step.model[0];
        printf("%s\n", ams_online_model_name(policy, step.model[0]));
        check(ams_item_started(item, step.model[0], now));
        now += (double)ams_online_model_ms(policy, step.model[0]);
        check(ams_item_finished(item, step.model[0], now, &label, NULL, 1));
    }
    free(room);
    free(memory);
    return 0;
}
