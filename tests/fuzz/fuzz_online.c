/* policy.ams in the embedded scheduler: whatever comes, nothing breaks; it takes exactly what
 * the framework takes, but for policies that answer for money, which are its own; and an item
 * can be scheduled to its end with what it took. */
#include "ams/online.h"
#include "ams/policy_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mend.h"

/* Models answer with labels that the index of the run picks. */
static void schedule(const ams_online *policy, void *room, size_t size, int rule)
{
    ams_item_limits limits = ams_item_limits_none();
    ams_item *item = NULL;
    ams_item_step step;
    double now = 0;
    uint32_t n_labels = ams_online_labels(policy);
    limits.rule = rule;
    limits.deadline_ms = rule < AMS_ITEM_ALGORITHM_1 ? limits.deadline_ms : 1e3;
    limits.memory_mb = rule < AMS_ITEM_ALGORITHM_1 ? limits.memory_mb : 1e3;
    int code = ams_item_begin(&item, policy, &limits, room, size);
    if (ams_online_cost_unit(policy) != NULL) {
        need((code == AMS_ONLINE_OK) == (rule <= AMS_ITEM_TRAINED));
    } else if (rule == AMS_ITEM_COST_Q || rule == AMS_ITEM_ODDS) {
        need(code == AMS_ONLINE_OK || code == AMS_ONLINE_BAD_ARGUMENT);
    } else {
        need(code == AMS_ONLINE_OK);
    }
    for (uint32_t turn = 0; code == AMS_ONLINE_OK; turn++) {
        need(turn <= ams_online_models(policy));
        need(ams_item_next(item, now, &step) == AMS_ONLINE_OK);
        if (step.answer == AMS_ITEM_DONE) {
            break;
        }
        need(step.answer == AMS_ITEM_START && step.n > 0);
        for (uint32_t i = 0; i < step.n; i++) {
            need(ams_item_started(item, step.model[i], now) == AMS_ONLINE_OK);
        }
        now += 1;
        for (uint32_t i = 0; i < step.n; i++) {
            uint32_t label = n_labels == 0 ? 0 : (turn + i) % n_labels;
            need(ams_item_finished(item, step.model[i], now, &label, NULL, n_labels != 0) ==
                 AMS_ONLINE_OK);
        }
    }
    ams_item_money money;
    if (code == AMS_ONLINE_OK && ams_item_money_of(item, &money) == AMS_ONLINE_OK) {
        need(money.label == AMS_ONLINE_NONE || money.label < n_labels);
        need(money.paid >= 0 && money.expected >= 0);
    }
}

static bool has_time_zero(const ams_policy_file *file)
{
    for (uint32_t m = 0; m < file->model_name.count; m++) {
        if (file->time_ms[m] < 1e-30F) {
            return true;
        }
    }
    return false;
}

static void use(const ams_online *policy)
{
    size_t size = ams_item_size(policy);
    void *room = malloc(size);
    need(room != NULL);
    for (int rule = AMS_ITEM_AUTO; rule <= AMS_ITEM_ALGORITHM_2_AGAIN; rule++) {
        schedule(policy, room, size, rule);
    }
    free(room);
    for (uint32_t l = 0; l < ams_online_labels(policy); l++) {
        need(ams_online_label(policy, ams_online_label_name(policy, l)) == l);
    }
}

static void parse(const void *bytes, size_t size)
{
    ams_policy_file file;
    ams_error err;
    ams_online *policy = NULL;
    size_t needed = 0;
    bool good = ams_policy_file_parse(&file, bytes, size, "input", &err) == AMS_OK;
    good = good && !has_time_zero(&file); /* which the framework refuses in tables */
    bool sized = ams_online_size(bytes, size, &needed) == AMS_ONLINE_OK;
    void *memory = malloc(needed == 0 ? 1 : needed);
    need(memory != NULL);
    bool opened = ams_online_open(&policy, bytes, size, memory, needed) == AMS_ONLINE_OK;
    good = policy != NULL && ams_online_cost_unit(policy) != NULL ? opened : good;
    need(opened == good && (sized || !opened) && (policy != NULL) == opened);
    if (opened) {
        need(ams_online_cost_unit(policy) != NULL ||
             ams_online_models(policy) == file.model_name.count);
        use(policy);
    }
    free(memory);
    ams_policy_file_fini(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse_both(data, size, parse);
    return 0;
}
