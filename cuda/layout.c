#include "cuda/layout.h"

#include "cuda/products.h"
#include "cuda/sizes.h"

#include <string.h>

static void add(ams_layout *l, size_t member, size_t n, size_t size, const void *from, void *to,
                const char *option)
{
    if (n == 0) {
        return;
    }
    l->array[l->n++] = (ams_array){member, n * size, from, to, option};
    l->bytes += n * size;
}

static const char FEWER_ITEMS[] = "data set with fewer items (`ams data select`)";

/* NOLINTBEGIN(bugprone-macro-parentheses): members, not expressions */
#define FIXED(member, n, from)                                                                 \
    add(l, offsetof(ams_view, member), n, sizeof *v->member, from, NULL, FEWER_ITEMS)
#define STATE(member, n, both, option)                                                         \
    add(l, offsetof(ams_view, member), n, sizeof *v->member, both, both, option)
#define WORK(member, n, option)                                                                \
    add(l, offsetof(ams_view, member), n, sizeof *v->member, NULL, NULL, option)
/* NOLINTEND(bugprone-macro-parentheses) */

static void describe_env(const ams_trainer *t, const ams_view *v, ams_layout *l)
{
    const ams_env *env = t->env;
    const size_t n = env->n_items;
    const size_t entries = env->entry[n];
    FIXED(env.entry, n + 1, env->entry);
    FIXED(env.label, entries, env->label);
    FIXED(env.makers, entries, env->makers);
    FIXED(env.seen, entries, env->seen);
    FIXED(env.profit, entries, env->profit);
    FIXED(env.conf_at, entries + 1, env->conf_at);
    FIXED(env.conf, env->conf_at[entries], env->conf);
    FIXED(env.full, n, env->full);
    FIXED(env.time_ms, env->n_models, env->time_ms);
    FIXED(env.log_time, env->n_models, env->log_time);
    FIXED(env.theta, env->n_models, env->theta);
    FIXED(env.split, n, env->split);
}

static void describe_state(ams_trainer *t, const ams_view *v, ams_layout *l)
{
    static const char *const width = "smaller `hidden`";
    static const char *const slots = "smaller `replay`";
    static const char *const envs = "smaller `envs`";
    l->first_own = l->n;
    FIXED(train_item, t->n_train, t->train_item);
    l->first_loaded = l->n;
    STATE(online, v->n_params, t->online.params, width);
    STATE(target, v->n_params, t->target.params, width);
    STATE(moment1, v->n_params, t->moment1, width);
    STATE(moment2, v->n_params, t->moment2, width);
    STATE(ever, v->width[0], t->rows.ever, width);
    l->count = l->n;
    /* Not fetched with the rest: after each update the host has them, and may change them. */
    add(l, offsetof(ams_view, count), 1, sizeof *v->count, &t->count, NULL, slots);
    STATE(slots, v->capacity, t->replay.slots, slots);
    STATE(slot_reward, v->capacity, t->slot_reward, slots);
    for (uint32_t k = 0; k < v->n_levels; k++) {
        add(l, offsetof(ams_view, level) + k * sizeof v->level[0], v->level_width[k],
            sizeof(double), t->priority.level[k], t->priority.level[k], slots);
    }
    STATE(item, v->envs, t->episodes.item, envs);
    STATE(mask, v->envs, t->episodes.mask, envs);
    STATE(last_slot, v->envs, t->last_slot, envs);
    if (v->n_levels > 0) {
        STATE(top, 1, &t->priority.top, slots);
        WORK(owner, v->capacity, slots);
    }
}

static void describe_wide(const ams_view *v, ams_layout *l)
{
    static const char *const batch = "smaller `batch`";
    uint32_t widest = 0;
    uint32_t all_units = v->width[v->n_layers];
    for (uint32_t k = 1; k < v->n_layers; k++) {
        widest = v->width[k] > widest ? v->width[k] : widest;
        all_units += v->width[k];
    }
    const size_t rows = v->next_rows;
    /* One hidden layer has no turn to give, and the online network is not always asked. */
    const size_t units[2] = {rows * widest, v->n_layers > 2 ? rows * widest : 0};
    const size_t worth[] = {1, v->bootstrap == AMS_BOOTSTRAP_CHOICE ? 1 : 0};
    for (uint32_t i = 0; i < 2; i++) {
        add(l, offsetof(ams_view, next_units) + i * sizeof v->next_units[0], units[i],
            sizeof(float), NULL, NULL, batch);
        add(l, offsetof(ams_view, worth) + i * sizeof v->worth[0],
            rows * worth[i] * v->width[v->n_layers], sizeof(float), NULL, NULL, batch);
    }
    WORK(bias_part, (size_t)AMS_SUM_PARTS * all_units, "smaller `hidden`");
}

static void describe_work(const ams_view *v, ams_layout *l)
{
    static const char *const batch = "smaller `batch`";
    const size_t b = v->batch;
    WORK(moment, 2, batch);
    WORK(ticket, 1, batch);
    WORK(action, v->envs, "smaller `envs`");
    WORK(done, v->envs, "smaller `envs`");
    WORK(slot, b, batch);
    WORK(sample_loss, b, batch);
    WORK(sample_q, b, batch);
    WORK(sample_error, b, batch);
    WORK(holds, (size_t)v->width[0] * v->words, batch);
    if (v->options.targets == AMS_TARGETS_ALL) {
        WORK(all_target, b * v->env.n_actions, batch);
    }
    for (uint32_t k = 0; k < v->n_layers; k++) {
        const size_t n = b * v->width[k + 1];
        add(l, offsetof(ams_view, out) + k * sizeof v->out[0], n, sizeof(float), NULL, NULL,
            batch);
        add(l, offsetof(ams_view, slope) + k * sizeof v->slope[0], n, sizeof(float), NULL, NULL,
            batch);
    }
    if (v->wide) {
        describe_wide(v, l);
    }
    if (v->options.grad_clip > 0) {
        WORK(squares, v->width[0] + v->dense_blocks, "grad_clip=0");
        WORK(clip_factor, 1, "grad_clip=0");
    }
    WORK(order, (size_t)v->env.n_items * v->env.n_models, FEWER_ITEMS);
    /* A row's gradient waits there, too, where its samples are listed in more than one go. */
    if (v->options.grad_clip > 0 || v->gemm || v->words > AMS_HELD_WORDS) {
        WORK(gradient, v->n_params, "smaller `hidden`");
    }
}

static void describe_numbers(const ams_trainer *t, ams_view *v)
{
    const ams_net *net = &t->online;
    *v = (ams_view){.lanes = 1};
    v->env = *t->env;
    v->options = t->options;
    v->bootstrap = t->agent->wants_next     ? AMS_BOOTSTRAP_NEXT
                   : t->agent->wants_online ? AMS_BOOTSTRAP_CHOICE
                                            : AMS_BOOTSTRAP_MAX;
    v->decide = t->choose == NULL ? -1 : t->options.decide;
    v->dueling = net->dueling;
    v->batch = (uint32_t)t->options.batch;
    v->envs = (uint32_t)t->options.envs;
    v->newest = (uint32_t)ams_trainer_newest(t);
    v->n_train = t->n_train;
    v->n_layers = net->n_layers;
    memcpy(v->width, net->width, sizeof v->width);
    memcpy(v->weight, net->weight, sizeof v->weight);
    memcpy(v->bias, net->bias, sizeof v->bias);
    v->n_params = net->n_params;
    v->capacity = t->replay.capacity;
    v->n_levels = t->priority.n > 0 ? t->priority.n_levels : 0;
    memcpy(v->level_width, t->priority.width, sizeof v->level_width);
    v->words = (v->batch + 31) / 32;
    v->dense_blocks =
        (uint32_t)((v->n_params - v->bias[0] + AMS_DENSE_BLOCK - 1) / AMS_DENSE_BLOCK);
}

void ams_layout_describe(ams_trainer *trainer, ams_view *view, ams_layout *layout)
{
    describe_numbers(trainer, view);
    ams_layout_describe_as(trainer, ams_wide_pays(view), view, layout);
}

void ams_layout_describe_as(ams_trainer *trainer, bool wide, ams_view *view, ams_layout *layout)
{
    *layout = (ams_layout){.n = 0};
    describe_numbers(trainer, view);
    view->wide = wide;
    view->gemm = wide || view->batch >= AMS_SIZES.gemm_batch;
    view->next_rows = ams_wide_rows(view, AMS_NEXT_BYTES);
    describe_env(trainer, view, layout);
    describe_state(trainer, view, layout);
    describe_work(view, layout);
    for (uint32_t i = 0; i < layout->n; i++) {
        ams_layout_point(layout, i, NULL, view);
    }
    ams_launch list[AMS_MOST_LAUNCHES];
    for (uint32_t i = ams_layout_schedule(view, list); i-- > 0;) {
        if (list[i].work <= AMS_WORK_STEP) {
            view->blocks[list[i].work] = list[i].blocks;
        }
    }
}

void ams_layout_point(const ams_layout *layout, uint32_t i, void *data, ams_view *view)
{
    memcpy((char *)view + layout->array[i].member, &data, sizeof data);
}

size_t ams_layout_bytes(const ams_layout *layout, uint32_t first, uint32_t end)
{
    size_t bytes = 0;
    for (uint32_t i = first; i < end; i++) {
        bytes += (layout->array[i].bytes + AMS_GAP + AMS_LINE - 1) / AMS_LINE * AMS_LINE;
    }
    return bytes;
}

/* Graphs, and what the driver takes as it goes. Not measured. */
static const size_t RESERVE = (size_t)256 << 20;

bool ams_layout_fits(size_t bytes, size_t free_bytes)
{
    return bytes <= free_bytes && free_bytes - bytes >= RESERVE;
}

const ams_array *ams_layout_largest(const ams_layout *layout)
{
    const ams_array *largest = &layout->array[0];
    for (uint32_t i = 1; i < layout->n; i++) {
        if (layout->array[i].bytes > largest->bytes) {
            largest = &layout->array[i];
        }
    }
    return largest;
}

void ams_layout_before_load(ams_trainer *trainer)
{
    trainer->count.replay_size = trainer->replay.size;
    trainer->count.replay_head = trainer->replay.head;
}

void ams_layout_after_fetch(ams_trainer *trainer)
{
    trainer->replay.size = trainer->count.replay_size;
    trainer->replay.head = trainer->count.replay_head;
}

uint32_t ams_layout_schedule(const ams_view *v, ams_launch launch[AMS_MOST_LAUNCHES])
{
    const bool branches = v->options.targets == AMS_TARGETS_ALL && v->options.gamma != 0;
    const uint32_t params = ams_row_blocks(v) + v->dense_blocks;
    uint32_t n = 0;
    launch[n++] = (ams_launch){.work = AMS_WORK_ACT, .blocks = v->envs};
    if (branches || v->n_levels > 0) {
        launch[n++] = (ams_launch){.work = AMS_WORK_DRAW, .blocks = 1};
    }
    if (branches && !v->wide) {
        launch[n++] =
            (ams_launch){.work = AMS_WORK_BRANCH, .blocks = v->batch * v->env.n_actions};
    }
    if (v->wide) {
        n += ams_wide_schedule(v, launch + n);
    } else {
        launch[n++] = (ams_launch){.work = AMS_WORK_LEARN, .blocks = v->batch};
    }
    if (v->gemm) {
        launch[n++] = (ams_launch){.work = AMS_WORK_GEMM, .blocks = 1};
    }
    if (v->options.grad_clip > 0) {
        launch[n++] = (ams_launch){.work = AMS_WORK_GRADIENT, .blocks = params};
        launch[n++] = (ams_launch){.work = AMS_WORK_CLIP, .blocks = 1};
    }
    launch[n++] = (ams_launch){.work = AMS_WORK_STEP, .blocks = 1 + params};
    return n;
}

uint32_t ams_layout_graph_updates(const ams_view *v, uint32_t runs)
{
    ams_launch list[AMS_MOST_LAUNCHES];
    ams_product product[AMS_MAX_LAYERS];
    const uint32_t n = ams_layout_schedule(v, list);
    uint64_t nodes = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t products = ams_products(v, &list[i], product);
        const bool by_rows = products == 0 && (int)list[i].work < AMS_ROW_WORKS;
        nodes += by_rows ? 1 : (uint64_t)runs * (products > 1 ? products : 1);
    }
    const uint64_t updates = nodes > 0 ? AMS_SIZES.most_nodes / nodes : AMS_SIZES.most_updates;
    return updates < 1                        ? 1
           : updates < AMS_SIZES.most_updates ? (uint32_t)updates
                                              : AMS_SIZES.most_updates;
}

bool ams_layout_alike(const ams_view *a, const ams_view *b)
{
    ams_launch one[AMS_MOST_LAUNCHES];
    ams_launch other[AMS_MOST_LAUNCHES];
    const uint32_t n = ams_layout_schedule(a, one);
    bool alike = ams_layout_schedule(b, other) == n;
    for (uint32_t i = 0; alike && i < n; i++) {
        alike = one[i].work == other[i].work;
    }
    return alike;
}

/* Whether sizes may let its products be cuBLAS's. */
static bool by_sizes(const ams_train_options *o)
{
    return o->batch >= AMS_SIZES.gemm_batch || o->precision != AMS_PRECISION_FP32;
}

static bool branches(const ams_train_options *o)
{
    return o->targets == AMS_TARGETS_ALL && o->gamma != 0;
}

static bool draws_first(const ams_train_options *o)
{
    return branches(o) || o->priority_alpha > 0;
}

static bool same_hidden(const ams_train_options *a, const ams_train_options *b)
{
    return a->n_hidden == b->n_hidden &&
           memcmp(a->hidden_width, b->hidden_width, a->n_hidden * sizeof *a->hidden_width) == 0;
}

bool ams_layout_same_shape(const ams_train_options *a, const ams_train_options *b)
{
    return by_sizes(a) == by_sizes(b) && branches(a) == branches(b) &&
           draws_first(a) == draws_first(b) && (a->grad_clip > 0) == (b->grad_clip > 0) &&
           (!by_sizes(a) ||
            (a->batch == b->batch && a->precision == b->precision &&
             (a->gamma == 0) == (b->gamma == 0) && same_hidden(a, b) &&
             ams_agents[a->agent]->wants_online == ams_agents[b->agent]->wants_online));
}

uint64_t ams_layout_acts(const ams_trainer *t)
{
    const uint64_t missing =
        t->options.warmup > t->replay.size ? t->options.warmup - t->replay.size : 0;
    const uint64_t acts = (missing + t->options.envs - 1) / t->options.envs;
    return acts > 1 ? acts : 1;
}
