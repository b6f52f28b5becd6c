/* policy.ams: whatever comes, nothing breaks, and a policy that is taken is the same after it
 * is written and read. Since hardly a change keeps the checksums right, the same bytes are
 * tried with their checksums set right as well. */
#include "ams/policy_file.h"
#include "base/file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mend.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void check_names(const ams_names *a, const ams_names *b)
{
    need(a->count == b->count);
    for (uint32_t i = 0; i < a->count; i++) {
        need(strcmp(ams_names_get(a, i), ams_names_get(b, i)) == 0);
    }
}

static void check_same(const ams_policy_file *a, const ams_policy_file *b)
{
    size_t floats = a->model_name.count * sizeof(float);
    need(strcmp(a->agent, b->agent) == 0 && strcmp(a->label, b->label) == 0);
    need(strcmp(a->data_hash, b->data_hash) == 0);
    need(a->seed == b->seed && a->updates == b->updates && a->decide == b->decide);
    need(a->env.value == b->env.value && a->env.reward == b->env.reward);
    need(a->env.features == b->env.features && a->env.end == b->env.end);
    need(memcmp(a->threshold, b->threshold, floats) == 0);
    check_names(&a->model_name, &b->model_name);
    check_names(&a->label_name, &b->label_name);
    need(memcmp(a->time_ms, b->time_ms, floats) == 0);
    need(memcmp(a->mem_mb, b->mem_mb, floats) == 0);
    need(memcmp(a->theta, b->theta, floats) == 0);
    need(a->stored == b->stored);
    need(a->net.dueling == b->net.dueling && a->net.n_layers == b->net.n_layers);
    need(a->net.n_params == b->net.n_params);
    need(memcmp(a->net.params, b->net.params, a->net.n_params * sizeof(float)) == 0);
}

/* In memory where there is such a file system: writing waits until the file is on disk. */
static void check_round_trip(const ams_policy_file *policy)
{
    char path[64];
    const char *folder = ams_is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
    snprintf(path, sizeof path, "%s/ams-policy-XXXXXX", folder);
    int fd = mkstemp(path);
    need(fd >= 0);
    close(fd);
    ams_policy_file again;
    ams_error err;
    need(ams_policy_file_write(policy, path, &err) == AMS_OK);
    need(ams_policy_file_read(&again, path, &err) == AMS_OK);
    check_same(policy, &again);
    ams_policy_file_fini(&again);
    unlink(path);
}

static void parse(const void *bytes, size_t size)
{
    ams_policy_file policy;
    ams_error err;
    if (ams_policy_file_parse(&policy, bytes, size, "input", &err) == AMS_OK) {
        check_round_trip(&policy);
        ams_policy_file_fini(&policy);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse_both(data, size, parse);
    return 0;
}
