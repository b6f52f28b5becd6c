#include "ams/train.h"

#include "base/memory.h"
#include "env/sample.h"
#include "rl/train/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- construction -- */

static ams_status find_training_items(ams_trainer *t, ams_error *err)
{
    ams_status status = ams_alloc(&t->train_item, t->env->n_items, sizeof *t->train_item,
                                  "training items", err);
    if (status != AMS_OK) {
        return status;
    }
    uint32_t sampled = 0;
    status = ams_sample_training(t->env->split, t->env->n_items, t->options.items,
                                 t->options.seed, t->train_item, &sampled, err);
    for (uint32_t k = 0; k < sampled; k++) {
        /* An item that is finished before it begins has nothing to teach. */
        if (!ams_env_finished(t->env, t->train_item[k], 0)) {
            t->train_item[t->n_train++] = t->train_item[k];
        }
    }
    if (status == AMS_OK && t->n_train == 0) {
        return ams_env_no_training(t->env, sampled, err);
    }
    return status;
}

static ams_status make_goals(ams_trainer *t, ams_error *err)
{
    const uint32_t n = t->env->n_goals;
    ams_status status = AMS_OK;
    if (n > 0) {
        status = ams_alloc(&t->goal_env, n, sizeof *t->goal_env, "goals", err);
    }
    for (uint32_t k = 0; status == AMS_OK && k < n; k++) {
        t->goal_env[k] = ams_env_for_goal(t->env, k);
    }
    return status;
}

static bool expands(const ams_trainer *t)
{
    return t->options.targets == AMS_TARGETS_ALL && t->options.gamma > 0;
}

/* Most next states at once. */
static uint32_t next_states(const ams_trainer *t)
{
    return expands(t) ? AMS_EXPAND * t->env->n_models : (uint32_t)t->options.batch;
}

static ams_status create_networks(ams_trainer *t, ams_error *err)
{
    ams_status status = AMS_OK;
    const ams_env *env = t->env;
    const uint32_t heads = env->options.goal_heads ? env->n_goals : 0;
    const uint32_t outputs =
        heads > 0 ? heads * env->n_actions : env->n_actions + (t->agent->dueling ? 1 : 0);
    AMS_TRY(ams_net_init_hidden(&t->online, env->n_features, t->options.hidden_width,
                                t->options.n_hidden, outputs, err));
    AMS_TRY(ams_net_init_hidden(&t->target, env->n_features, t->options.hidden_width,
                                t->options.n_hidden, outputs, err));
    t->online.dueling = t->agent->dueling;
    t->target.dueling = t->agent->dueling;
    t->online.heads = heads;
    t->target.heads = heads;
    ams_net_randomize(&t->online, t->options.seed);
    memcpy(t->target.params, t->online.params, t->online.n_params * sizeof(float));
    uint64_t n = t->online.n_params;
    AMS_TRY(ams_alloc(&t->gradient, n, sizeof(float), "gradients", err));
    AMS_TRY(ams_alloc(&t->moment1, n, sizeof(float), "Adam's moments", err));
    AMS_TRY(ams_alloc(&t->moment2, n, sizeof(float), "Adam's moments", err));
    uint32_t batch = (uint32_t)t->options.batch;
    uint32_t envs = (uint32_t)t->options.envs;
    uint32_t next = next_states(t);
    AMS_TRY(ams_q_init(&t->q_state, &t->online, batch, true, err));
    AMS_TRY(ams_q_init(&t->q_next, &t->online, next, false, err));
    if (t->agent->wants_online) {
        AMS_TRY(ams_q_init(&t->q_choice, &t->online, next, false, err));
    }
    AMS_TRY(ams_q_init(&t->q_act, &t->online, envs, false, err));
    const uint64_t refined = ams_trainer_refine_states(t);
    AMS_TRY(ams_rows_init(&t->rows, env->n_features,
                          (refined > batch ? refined : batch) * env->max_features, err));
    if (ams_fused_fits(&t->options)) {
        uint32_t most = batch > envs ? batch : envs;
        AMS_TRY(ams_fused_create(&t->fused, &t->online, &t->options, t->pool,
                                 next > most ? next : most, err));
        t->takes = ams_fused_takes(&t->options);
        AMS_TRY(ams_alloc(&t->reached, env->n_features, sizeof *t->reached, "a trainer", err));
    }
out:
    return status;
}

/* n states with room for `targets` targets each. */
static ams_status create_batch(ams_minibatch *batch, const ams_env *env, uint32_t n,
                               uint32_t targets, ams_error *err)
{
    static const char *const what = "a minibatch";
    bool binary = ams_env_binary(env);
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&batch->transition, n, sizeof *batch->transition, what, err));
    AMS_TRY(ams_alloc(&batch->slot, n, sizeof *batch->slot, what, err));
    AMS_TRY(ams_alloc(&batch->reward, n, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&batch->discount, n, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&batch->target, (size_t)n * targets, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&batch->action, n, 1, what, err));
    AMS_TRY(ams_alloc(&batch->next_action, n, 1, what, err));
    AMS_TRY(ams_alloc(&batch->terminal, n, 1, what, err));
    AMS_TRY(ams_alloc(&batch->only_action, n, 1, what, err));
    AMS_TRY(ams_alloc(&batch->remaining, n, sizeof(uint64_t), what, err));
    AMS_TRY(ams_alloc(&batch->row, n, sizeof *batch->row, what, err));
    AMS_TRY(ams_alloc(&batch->weight, n, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&batch->error, n, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&batch->loss, n, sizeof(double), what, err));
    AMS_TRY(ams_sparse_init(&batch->state, n, env->n_features, env->max_features, binary, err));
    AMS_TRY(ams_sparse_init(&batch->next, n, env->n_features, env->max_features, binary, err));
out:
    return status;
}

static void free_batch(ams_minibatch *batch)
{
    free(batch->transition);
    free(batch->slot);
    free(batch->reward);
    free(batch->discount);
    free(batch->target);
    free(batch->action);
    free(batch->next_action);
    free(batch->terminal);
    free(batch->only_action);
    free(batch->remaining);
    free(batch->row);
    free(batch->weight);
    free(batch->error);
    free(batch->loss);
    ams_sparse_fini(&batch->state);
    ams_sparse_fini(&batch->next);
}

static ams_status create_actors(ams_trainer *t, ams_error *err)
{
    static const char *const what = "environments";
    uint32_t n = (uint32_t)t->options.envs;
    const ams_env *env = t->env;
    ams_status status = AMS_OK;
    AMS_TRY(ams_episodes_init(&t->episodes, env, n, err));
    t->episodes.goal_env = t->goal_env;
    AMS_TRY(ams_alloc(&t->last_slot, n, sizeof *t->last_slot, what, err));
    AMS_TRY(ams_alloc(&t->mask_before, n, sizeof *t->mask_before, what, err));
    AMS_TRY(ams_alloc(&t->action, n, 1, what, err));
    AMS_TRY(ams_alloc(&t->reward, n, sizeof(float), what, err));
    AMS_TRY(ams_sparse_init(&t->act_state, n, env->n_features, env->max_features,
                            ams_env_binary(env), err));
    if (t->slot_rewards != NULL) {
        const size_t rewards = env->n_actions * sizeof *t->outlook;
        AMS_TRY(ams_alloc(&t->outlook, n, rewards, what, err));
        AMS_TRY(ams_alloc(&t->outlook_before, n, rewards, what, err));
    }
    for (uint32_t i = 0; i < n; i++) {
        /* An environment keeps its goal. All step together, so each goal has as many
         * transitions, though episodes of low goals are short. */
        t->episodes.goal[i] = (uint8_t)(env->n_goals > 0 ? i % env->n_goals : 0);
        ams_trainer_begin_episode(t, i);
    }
out:
    return status;
}

/* Threads share the drawing where there are some, and more than one piece. */
static ams_status create_pieces(ams_trainer *t, ams_error *err)
{
    const uint32_t n = (uint32_t)(t->options.batch + AMS_DRAW_PIECE - 1) / AMS_DRAW_PIECE;
    ams_status status = AMS_OK;
    if (t->options.threads == 1 || n == 1) {
        return AMS_OK;
    }
    AMS_TRY(ams_alloc(&t->piece, n, sizeof *t->piece, "a minibatch", err));
    t->n_pieces = n;
    for (uint32_t p = 0; p < n; p++) {
        AMS_TRY(create_batch(&t->piece[p], t->env, AMS_DRAW_PIECE, 1, err));
    }
out:
    return status;
}

static ams_status create_replay(ams_trainer *t, ams_error *err)
{
    static const char *const what = "the replay";
    const ams_train_options *o = &t->options;
    ams_status status = AMS_OK;
    AMS_TRY(ams_replay_init(&t->replay, o->replay, err));
    AMS_TRY(ams_alloc(&t->slot_reward, o->replay, sizeof *t->slot_reward, what, err));
    t->target_age = 1;
    /* A library's product rounds a row by the number of rows beside it, so with further layers
     * a target kept from another minibatch is not to the bit what a restored trainer works out.
     */
    if (t->fused != NULL && t->online.n_layers == 2 && o->targets == AMS_TARGETS_TAKEN &&
        t->agent->lasting && o->nstep == 1 && o->gamma > 0 && o->tau == 0) {
        AMS_TRY(ams_alloc(&t->slot_target, o->replay, sizeof *t->slot_target, what, err));
        AMS_TRY(ams_alloc(&t->slot_age, o->replay, sizeof *t->slot_age, what, err));
    }
    const size_t rewards = t->env->n_actions * sizeof *t->slot_rewards;
    if (o->targets == AMS_TARGETS_ALL && o->replay <= AMS_KEPT_REWARDS / rewards) {
        AMS_TRY(ams_alloc(&t->slot_rewards, o->replay, rewards, what, err));
        AMS_TRY(ams_alloc(&t->slot_known, o->replay, sizeof *t->slot_known, what, err));
    }
out:
    return status;
}

ams_status ams_trainer_create(ams_trainer **result, const ams_env *env,
                              const ams_train_options *options, ams_choose_fn *choose,
                              ams_error *err)
{
    *result = NULL;
    ams_trainer *t = NULL;
    ams_status status = ams_train_check(options, err);
    if (status == AMS_OK) {
        status = ams_alloc(&t, 1, sizeof *t, "a trainer", err);
    }
    if (status != AMS_OK) {
        return status;
    }
    t->env = env;
    t->options = *options;
    ams_train_resolve(&t->options);
    t->choose = choose;
    t->agent = ams_agents[options->agent];
    static const ams_backend *const backends[] = {&ams_backend_cpu_sparse,
                                                  &ams_backend_cpu_dense};
    uint32_t most = (uint32_t)(options->batch > options->envs ? options->batch : options->envs);
    most = next_states(t) > most ? next_states(t) : most;
    if (options->threads > 1) {
        AMS_TRY(ams_pool_create(&t->pool, (uint32_t)options->threads, err));
    }
    AMS_TRY(make_goals(t, err));
    const uint32_t refined = (uint32_t)ams_trainer_refine_states(t);
    AMS_TRY(ams_compute_init(&t->compute, backends[options->backend], t->pool,
                             refined > most ? refined : most, env->n_features, err));
    AMS_TRY(find_training_items(t, err));
    if (ams_compact_fits(env)) {
        AMS_TRY(ams_compact_init(&t->compact, env, t->train_item, t->n_train, err));
    }
    AMS_TRY(create_networks(t, err));
    AMS_TRY(create_batch(&t->batch, env, (uint32_t)options->batch,
                         options->targets == AMS_TARGETS_ALL ? env->n_actions : 1, err));
    AMS_TRY(create_pieces(t, err));
    if (expands(t)) {
        AMS_TRY(create_batch(&t->expanded, env, next_states(t), 1, err));
    }
    AMS_TRY(create_replay(t, err));
    if (options->priority_alpha > 0) {
        AMS_TRY(ams_priority_init(&t->priority, options->replay, err));
    }
    AMS_TRY(create_actors(t, err));
    if (ams_train_refine(options) > 0) {
        AMS_TRY(ams_trainer_create_refine(t, err));
    }
    *result = t;
    return AMS_OK;
out:
    ams_trainer_destroy(t);
    return status;
}

void ams_trainer_destroy(ams_trainer *t)
{
    if (t == NULL) {
        return;
    }
    ams_trainer_leave_device(t);
    ams_fused_destroy(t->fused);
    free(t->reached);
    ams_pool_destroy(t->pool);
    ams_compute_fini(&t->compute);
    free(t->goal_env);
    free(t->train_item);
    ams_compact_fini(&t->compact);
    ams_net_fini(&t->online);
    ams_net_fini(&t->target);
    free(t->gradient);
    free(t->moment1);
    free(t->moment2);
    ams_rows_fini(&t->rows);
    ams_q_fini(&t->q_state);
    ams_q_fini(&t->q_next);
    ams_q_fini(&t->q_choice);
    ams_q_fini(&t->q_act);
    free_batch(&t->batch);
    free_batch(&t->expanded);
    for (uint32_t p = 0; p < t->n_pieces; p++) {
        free_batch(&t->piece[p]);
    }
    free(t->piece);
    ams_replay_fini(&t->replay);
    free(t->slot_reward);
    free(t->slot_target);
    free(t->slot_age);
    free(t->slot_rewards);
    free(t->slot_known);
    free(t->outlook);
    free(t->outlook_before);
    ams_priority_fini(&t->priority);
    ams_episodes_fini(&t->episodes);
    ams_trainer_free_refine(t);
    free(t->last_slot);
    free(t->mask_before);
    ams_sparse_fini(&t->act_state);
    free(t->action);
    free(t->reward);
    free(t);
}

void ams_trainer_update(ams_trainer *t)
{
    if (ams_trainer_refines(t)) {
        ams_trainer_refine(t);
        return;
    }
    if (t->fused != NULL) {
        ams_fused_begin(t->fused, &t->rows);
    }
    do {
        ams_trainer_act(t);
    } while (t->replay.size < t->options.warmup);
    ams_trainer_learn(t, true);
    t->count.updates++;
    ams_trainer_follow(t);
}

void ams_trainer_practise(ams_trainer *t)
{
    if (t->fused != NULL) {
        ams_fused_begin(t->fused, &t->rows);
    }
    ams_trainer_learn(t, false);
    t->count.updates++;
    ams_trainer_follow(t);
}

/* Rows are distinguished by a byte each, which is borrowed from `position`, 0 between updates.
 */
static double count_rows(ams_trainer *t, const ams_sparse *x)
{
    uint32_t rows = 0;
    for (uint32_t at = 0; at < x->ptr[x->n]; at++) {
        rows += t->rows.position[x->index[at]]++ == 0;
    }
    for (uint32_t at = 0; at < x->ptr[x->n]; at++) {
        t->rows.position[x->index[at]] = 0;
    }
    return rows;
}

ams_minibatch_size ams_trainer_minibatch(ams_trainer *t)
{
    const ams_sparse *state = &t->batch.state;
    const ams_sparse *next = &t->batch.next;
    return (ams_minibatch_size){.ones = state->ptr[state->n],
                                .next_ones = next->ptr[next->n],
                                .next_states = next->n,
                                .rows = count_rows(t, state),
                                .next_rows = count_rows(t, next)};
}

uint64_t ams_trainer_updates(const ams_trainer *t)
{
    return t->count.updates;
}

ams_train_stats ams_trainer_peek_stats(const ams_trainer *t)
{
    double n = t->count.stat_updates == 0 ? 1 : (double)t->count.stat_updates;
    return (ams_train_stats){.updates = t->count.updates,
                             .episodes = t->count.episodes,
                             .epsilon = ams_trainer_epsilon(t, t->count.updates),
                             .loss = t->count.stat_loss / n,
                             .q_mean = t->count.stat_q / n,
                             .loss_of = t->count.stat_updates};
}

ams_train_stats ams_trainer_take_stats(ams_trainer *t)
{
    ams_train_stats stats = ams_trainer_peek_stats(t);
    t->count.stat_updates = 0;
    t->count.stat_loss = 0;
    t->count.stat_q = 0;
    return stats;
}
