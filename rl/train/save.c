/* The whole state of training as sections of a checkpoint. */
#include "ams/sections.h"
#include "rl/train/state.h"

#include <math.h>
#include <string.h>

/* Where the fast path's state goes on its way to and from a checkpoint. */
static ams_fused_state fused_state(const ams_trainer *t)
{
    return (ams_fused_state){.online = t->online.params,
                             .target = t->target.params,
                             .moment1 = t->moment1,
                             .moment2 = t->moment2,
                             .reached = t->reached};
}

ams_status ams_trainer_save(ams_trainer *t, struct ams_blob *blob, ams_error *err)
{
    size_t block = t->online.n_params * sizeof(float);
    size_t n = t->episodes.n;
    ams_trainer_counters count = t->count;
    count.replay_size = t->replay.size;
    count.replay_head = t->replay.head;
    ams_status status = AMS_OK;
    if (t->fused != NULL) {
        ams_fused_state state = fused_state(t);
        ams_fused_save(t->fused, &state);
        ams_fused_target_weights(t->fused, t->target.params);
    }
    for (uint32_t f = 0; t->fused == NULL && t->reached != NULL && f < t->env->n_features;
         f++) {
        t->reached[f] = t->count.updates; /* on a device no row waits */
    }
    AMS_TRY(ams_blob_add(blob, "count", &count, sizeof count, err));
    AMS_TRY(ams_blob_add(blob, "online", t->online.params, block, err));
    AMS_TRY(ams_blob_add(blob, "target", t->target.params, block, err));
    AMS_TRY(ams_blob_add(blob, "moment1", t->moment1, block, err));
    AMS_TRY(ams_blob_add(blob, "moment2", t->moment2, block, err));
    AMS_TRY(ams_blob_add(blob, "ever", t->rows.ever, t->env->n_features, err));
    AMS_TRY(ams_blob_add(blob, "replay", t->replay.slots,
                         t->replay.size * sizeof *t->replay.slots, err));
    if (t->priority.n > 0) {
        AMS_TRY(ams_blob_add(blob, "priority", t->priority.level[0],
                             t->replay.size * sizeof(double), err));
        AMS_TRY(ams_blob_add(blob, "top", &t->priority.top, sizeof t->priority.top, err));
    }
    AMS_TRY(ams_blob_add(blob, "item", t->episodes.item, n * sizeof *t->episodes.item, err));
    AMS_TRY(ams_blob_add(blob, "mask", t->episodes.mask, n * sizeof *t->episodes.mask, err));
    AMS_TRY(ams_blob_add(blob, "slot", t->last_slot, n * sizeof *t->last_slot, err));
    if (t->reached != NULL) {
        AMS_TRY(ams_blob_add(blob, "reached", t->reached,
                             t->env->n_features * sizeof *t->reached, err));
    }
out:
    return status;
}

/* The sections' checksums only say that they are as somebody wrote them: every number that
 * later code uses as an index, a set of models, a count or a weight is checked. */
static bool good_goal(const ams_env *env, uint32_t goal)
{
    return goal < env->n_goals || goal == 0;
}

static bool good_transition(const ams_trainer *t, const ams_transition *step)
{
    const ams_env *env = t->env;
    const bool ends = step->action == env->n_models;
    const bool terminal = (step->flags & AMS_FLAG_TERMINAL) != 0;
    const uint64_t after = step->mask | (ends ? 0 : UINT64_C(1) << (step->action & 63));
    /* After the last model, and after END, nothing is left to choose from. */
    return (terminal || (!ends && after != env->all_models)) && step->mask != env->all_models &&
           step->item < env->n_items && (step->mask & ~env->all_models) == 0 &&
           ((step->flags & ((1 << AMS_FLAG_GOAL) - 1)) &
            ~(AMS_FLAG_TERMINAL | AMS_FLAG_NEXT)) == 0 &&
           good_goal(env, step->flags >> AMS_FLAG_GOAL) &&
           (ends ? env->options.end
                 : step->action < env->n_models && (step->mask >> step->action & 1) == 0) &&
           step->next_action <= env->n_models;
}

static bool good_replay(const ams_trainer *t)
{
    const ams_replay *replay = &t->replay;
    bool good = replay->size == replay->capacity || replay->head == replay->size;
    for (uint64_t i = 0; i < replay->size; i++) {
        good = good && good_transition(t, &replay->slots[i]);
    }
    /* What waits for its next action must not be drawn. */
    uint64_t newest = t->priority.n > 0 ? ams_trainer_newest(t) : 0;
    for (uint64_t k = 1; k <= newest; k++) {
        uint64_t slot = (replay->head + replay->capacity - k) % replay->capacity;
        good = good && t->priority.level[0][slot] == 0;
    }
    return good;
}

static bool good_episodes(const ams_trainer *t)
{
    bool good = true;
    for (uint32_t i = 0; i < t->episodes.n; i++) {
        uint64_t slot = t->last_slot[i];
        good = good && t->episodes.item[i] < t->env->n_items &&
               (t->episodes.mask[i] & ~t->env->all_models) == 0 &&
               t->episodes.mask[i] != t->env->all_models &&
               (slot == AMS_NO_SLOT || slot < t->replay.size);
    }
    return good;
}

static bool good_counts(const ams_trainer *t)
{
    const ams_trainer_counters *count = &t->count;
    return count->updates <= t->options.steps && count->stat_updates <= count->updates &&
           count->episodes <= count->begun && isfinite(count->stat_loss) &&
           isfinite(count->stat_q);
}

static bool good_weights(const ams_trainer *t)
{
    bool good = true;
    for (uint64_t i = 0; i < t->online.n_params; i++) {
        good = good && isfinite(t->online.params[i]) && isfinite(t->target.params[i]) &&
               isfinite(t->moment1[i]) && isfinite(t->moment2[i]) && t->moment2[i] >= 0;
    }
    for (uint32_t f = 0; f < t->env->n_features; f++) {
        good = good && t->rows.ever[f] <= 1;
    }
    return good;
}

static ams_status check_restored(const ams_trainer *t, const ams_sections *s, ams_error *err)
{
    const char *bad = !good_replay(t)     ? "replay does not fit the data set"
                      : !good_episodes(t) ? "running episodes do not fit the data set"
                      : !good_counts(t)   ? "counters do not fit together or to `steps`"
                      : !good_weights(t)  ? "weights or moments are not finite"
                                          : NULL;
    return bad == NULL ? AMS_OK
                       : ams_fail(err, AMS_BAD_DATA, "%s: the checkpoint's %s", s->path, bad);
}

static ams_status restore_priorities(ams_trainer *t, const ams_sections *s, ams_error *err)
{
    ams_priority *p = &t->priority;
    ams_status status = AMS_OK;
    if (p->n == 0) {
        const uint8_t *data = NULL;
        size_t size = 0;
        return ams_sections_get(s, "priority", &data, &size, NULL) != AMS_OK
                   ? AMS_OK
                   : ams_fail(err, AMS_BAD_DATA,
                              "%s: expected no section 'priority' with priority_alpha=0",
                              s->path);
    }
    AMS_TRY(
        ams_sections_copy(s, "priority", p->level[0], t->replay.size * sizeof(double), err));
    AMS_TRY(ams_sections_copy(s, "top", &p->top, sizeof p->top, err));
    AMS_TRY(ams_priority_rebuild(p, t->replay.size, err));
out:
    return status;
}

/* What is known of the slots beside the transitions. */
static void restore_slots(ams_trainer *t)
{
    for (uint64_t i = 0; i < t->replay.size; i++) {
        const ams_transition *tr = &t->replay.slots[i];
        t->slot_reward[i] =
            ams_env_reward(ams_trainer_env(t, tr), tr->item, tr->mask, tr->action);
    }
    for (uint64_t i = 0; t->slot_age != NULL && i < t->replay.size; i++) {
        ams_trainer_forget_target(t, i);
    }
    if (t->slot_known != NULL) {
        memset(t->slot_known, 0, t->replay.capacity * sizeof *t->slot_known);
    }
    for (uint32_t i = 0; i < t->episodes.n; i++) {
        (void)ams_trainer_look_out(t, i);
    }
}

/* Until 0.3.0 no row waited in a checkpoint of options beyond those of the papers' recipe, and
 * it did not say so. */
static ams_status restore_reached(ams_trainer *t, const ams_sections *s, ams_error *err)
{
    const uint8_t *data = NULL;
    size_t size = 0;
    const bool said = ams_sections_get(s, "reached", &data, &size, NULL) == AMS_OK;
    for (uint32_t f = 0; t->reached != NULL && f < t->env->n_features; f++) {
        t->reached[f] = t->count.updates;
    }
    return t->reached == NULL || !said
               ? AMS_OK
               : ams_sections_copy(s, "reached", t->reached,
                                   t->env->n_features * sizeof *t->reached, err);
}

ams_status ams_trainer_restore(ams_trainer *t, const struct ams_sections *s, ams_error *err)
{
    size_t block = t->online.n_params * sizeof(float);
    size_t n = t->episodes.n;
    ams_status status = AMS_OK;
    AMS_TRY(ams_sections_copy(s, "count", &t->count, sizeof t->count, err));
    if (t->count.replay_size > t->replay.capacity ||
        (t->count.replay_head >= t->replay.capacity)) {
        return ams_fail(err, AMS_BAD_DATA, "the checkpoint's replay is larger than replay=%llu",
                        (unsigned long long)t->replay.capacity);
    }
    t->replay.size = t->count.replay_size;
    t->replay.head = t->count.replay_head;
    AMS_TRY(ams_sections_copy(s, "online", t->online.params, block, err));
    AMS_TRY(ams_sections_copy(s, "target", t->target.params, block, err));
    AMS_TRY(ams_sections_copy(s, "moment1", t->moment1, block, err));
    AMS_TRY(ams_sections_copy(s, "moment2", t->moment2, block, err));
    AMS_TRY(ams_sections_copy(s, "ever", t->rows.ever, t->env->n_features, err));
    AMS_TRY(ams_sections_copy(s, "replay", t->replay.slots,
                              t->replay.size * sizeof *t->replay.slots, err));
    AMS_TRY(restore_priorities(t, s, err));
    AMS_TRY(ams_sections_copy(s, "item", t->episodes.item, n * sizeof *t->episodes.item, err));
    AMS_TRY(ams_sections_copy(s, "mask", t->episodes.mask, n * sizeof *t->episodes.mask, err));
    AMS_TRY(ams_sections_copy(s, "slot", t->last_slot, n * sizeof *t->last_slot, err));
    memset(t->episodes.done, 0, n);
    AMS_TRY(restore_reached(t, s, err));
    AMS_TRY(check_restored(t, s, err));
    if (t->count.updates > ams_train_learning(&t->options)) { /* it had left it already */
        ams_fused_destroy(t->fused);
        t->fused = NULL;
        t->takes = false;
    }
    if (t->fused != NULL) {
        ams_fused_state state = fused_state(t);
        AMS_TRY(ams_fused_restore(t->fused, &state, t->count.updates, err));
    } else if (t->reached != NULL) {
        AMS_TRY(ams_trainer_catch_up(t, err));
    }
    restore_slots(t);
    t->looked = false;
    t->restored = true;
    t->stale = false;
out:
    return status;
}
