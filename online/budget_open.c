/* Opens the bytes of a policy that answers for money, none of which is trusted: what passes
 * here, the rest of the folder uses without checking again. */
#include "online/budget.h"
#include "online/bytes.h"

#include <math.h>

enum { TAG = 8, META = 144, UNIT_AT = 64, NUMBERS_AT = 120, MOST_PRICES = 4096, SHAPE = 9 };
static const char MAGIC[TAG + 1] = "AMSBUD01";
static const char AGENT[TAG + 1] = "AMSBUD02";

typedef struct budget_contents {
    ams_span meta, models, labels, cost, threshold, prices, posterior, stop, call, shape, root,
        network;
    ams_online p;
    ams_online_budget b;
} budget_contents;

bool ams_online_is_budget(const void *bytes, size_t n_bytes)
{
    return bytes != NULL && n_bytes >= TAG &&
           (memcmp(bytes, MAGIC, TAG) == 0 || memcmp(bytes, AGENT, TAG) == 0);
}

static void keep_section(void *context, const unsigned char *tag, ams_span bytes)
{
    budget_contents *c = context;
    static const char names[][TAG + 1] = {"meta",     "models", "labels",  "cost",
                                          "valuable", "prices", "answers", "stops",
                                          "calls",    "shape",  "roots",   "networks"};
    ams_span *const parts[] = {&c->meta,      &c->models, &c->labels,    &c->cost,
                               &c->threshold, &c->prices, &c->posterior, &c->stop,
                               &c->call,      &c->shape,  &c->root,      &c->network};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (parts[i]->at == NULL && strncmp((const char *)tag, names[i], TAG) == 0) {
            *parts[i] = bytes;
        }
    }
}

/* A text of `size` bytes with a zero among them, and no control characters before it. */
static bool is_text(const unsigned char *at, size_t size)
{
    const unsigned char *end = memchr(at, 0, size);
    return end != NULL && ams_online_plain_text(at, (uint64_t)(end - at));
}

static bool read_meta(budget_contents *c)
{
    ams_online *p = &c->p;
    ams_online_budget *b = &c->b;
    if (c->meta.at == NULL || c->meta.size != META || !is_text(c->meta.at, UNIT_AT) ||
        !is_text(c->meta.at + UNIT_AT, AMS_BUDGET_UNIT) ||
        memchr(c->meta.at + UNIT_AT + AMS_BUDGET_UNIT, 0, 40) == NULL) {
        return false;
    }
    const unsigned char *number = c->meta.at + NUMBERS_AT;
    const uint32_t rule = ams_read_u32(number + 12);
    const uint32_t relative = ams_read_u32(number + 16);
    p->n_models = ams_read_u32(number);
    p->n_labels = ams_read_u32(number + 4);
    b->n_prices = ams_read_u32(number + 8);
    if (p->n_models == 0 || p->n_models > AMS_ANSWERS_MODELS || p->n_labels == 0 ||
        p->n_labels > AMS_ANSWERS_LABELS || b->n_prices == 0 || b->n_prices > MOST_PRICES ||
        rule >= AMS_ANSWERS_RULES || relative > 1) {
        return false;
    }
    memcpy(b->unit, c->meta.at + UNIT_AT, AMS_BUDGET_UNIT);
    b->rule = (int)rule;
    b->relative = relative == 1;
    b->n_classes = ams_answers_classes(p->n_models, p->n_labels, b->relative);
    b->n_lasts = b->rule == AMS_ANSWERS_LAST ? p->n_models : 1;
    p->all_models = (UINT64_C(1) << p->n_models) - 1;
    return b->n_classes <= AMS_ANSWERS_ABSOLUTE || b->relative;
}

/* Where each set's numbers begin. posterior, stop: their counts in all. */
static void place_sets(budget_contents *c, uint64_t *posterior, uint64_t *stop)
{
    ams_online_budget *b = &c->b;
    const uint32_t m = c->p.n_models;
    *posterior = *stop = b->calls = 0;
    for (uint32_t set = 0; set < 1U << m; set++) {
        const uint32_t models = (uint32_t)__builtin_popcount(set);
        const uint64_t row = ams_answers_value_features(models, b->n_classes);
        b->posterior_at[set] = *posterior;
        b->stop_at[set] = *stop;
        b->call_at[set] = b->calls;
        *posterior += (uint64_t)ams_answers_features(models, b->n_classes) * b->n_classes;
        *stop += row * b->n_lasts;
        b->calls += row * (m - models);
    }
}

static bool finite_doubles(ams_span part, uint64_t n)
{
    if (part.at == NULL || part.size != n * sizeof(double)) {
        return false;
    }
    for (uint64_t i = 0; i < n; i++) {
        if (!isfinite(ams_read_double(part.at + 8 * i))) {
            return false;
        }
    }
    return true;
}

/* Prices are not negative; mean costs ascend. */
static bool check_prices(const budget_contents *c)
{
    const uint64_t n = c->b.n_prices;
    if (!finite_doubles(c->prices, 3 * n) || !finite_doubles(c->cost, c->p.n_models)) {
        return false;
    }
    for (uint64_t k = 0; k < n; k++) {
        const double cost = ams_read_double(c->prices.at + 8 * (n + k));
        const double before = k == 0 ? -1 : ams_read_double(c->prices.at + 8 * (n + k - 1));
        if (ams_read_double(c->prices.at + 8 * k) < 0 || cost < 0 || !(cost > before)) {
            return false;
        }
    }
    for (uint64_t m = 0; m < c->p.n_models; m++) {
        if (ams_read_double(c->cost.at + 8 * m) < 0) {
            return false;
        }
    }
    return true;
}

static bool check_thresholds(const budget_contents *c)
{
    bool good = ams_online_floats(c->threshold, c->p.n_models, 0);
    for (uint64_t m = 0; good && m < c->p.n_models; m++) {
        good = ams_read_float(c->threshold.at + 4 * m) < 1;
    }
    return good;
}

/* Of an agent: the shape of its networks, and as many numbers as it says. */
static bool check_networks(budget_contents *c)
{
    const float least = -3.4028235e38F;
    ams_networks *s = &c->b.shape;
    const uint32_t inputs = ams_answers_state_features(c->p.n_models, c->b.n_classes);
    if (c->shape.at == NULL || c->shape.size != SHAPE * sizeof(uint32_t) ||
        c->b.rule != AMS_ANSWERS_POSTERIOR) {
        return false;
    }
    s->n = ams_read_u32(c->shape.at);
    s->n_layers = ams_read_u32(c->shape.at + 4);
    s->dueling = ams_read_u32(c->shape.at + 8) == 1;
    if (s->n == 0 || s->n > AMS_NETWORKS_MOST || s->n_layers == 0 ||
        s->n_layers > AMS_NETWORKS_LAYERS || ams_read_u32(c->shape.at + 8) > 1) {
        return false;
    }
    for (uint32_t k = 0; k <= s->n_layers; k++) {
        s->width[k] = ams_read_u32(c->shape.at + 12 + 4 * (size_t)k);
        if (s->width[k] == 0 || (k > 0 && s->width[k] > AMS_NETWORKS_UNITS)) {
            return false;
        }
    }
    return s->width[0] == inputs &&
           s->width[s->n_layers] == c->p.n_models + 1 + (s->dueling ? 1 : 0) &&
           ams_online_floats(c->root, (uint64_t)c->b.n_prices * c->p.n_models, least) &&
           ams_online_floats(c->network, (uint64_t)c->b.n_prices * s->n * ams_networks_size(s),
                             least);
}

static int check(budget_contents *c, const void *bytes, uint64_t size)
{
    const float least = -3.4028235e38F;
    uint64_t posterior = 0;
    uint64_t stop = 0;
    *c = (budget_contents){.meta = {NULL, 0}};
    const int code = ams_online_walk(bytes, size, keep_section, c);
    if (code != AMS_ONLINE_OK) {
        return code;
    }
    if (!read_meta(c)) {
        return AMS_ONLINE_BAD_POLICY;
    }
    place_sets(c, &posterior, &stop);
    const bool agent = memcmp(bytes, AGENT, TAG) == 0;
    const bool good =
        ams_online_check_names(c->models, c->p.n_models) &&
        ams_online_check_names(c->labels, c->p.n_labels) && check_prices(c) &&
        check_thresholds(c) && ams_online_floats(c->posterior, posterior, least) &&
        (agent ? check_networks(c)
               : ams_online_floats(c->stop, stop, least) &&
                     ams_online_floats(c->call, c->b.calls * c->b.n_prices, least));
    if (agent) {
        c->stop = c->call = (ams_span){NULL, 0};
    } else {
        c->root = c->network = (ams_span){NULL, 0};
    }
    return good ? AMS_ONLINE_OK : AMS_ONLINE_BAD_POLICY;
}

static void lay_out(ams_online *p, ams_online_budget *b, const budget_contents *c,
                    ams_online_room *room)
{
    const uint64_t prices = b->n_prices * sizeof(double);
    b->lambda = ams_online_take(room, prices);
    b->mean_cost = ams_online_take(room, prices);
    b->mean_score = ams_online_take(room, prices);
    b->cost = ams_online_take(room, p->n_models * sizeof(double));
    b->posterior = ams_online_take(room, c->posterior.size);
    b->stop = ams_online_take(room, c->stop.size);
    b->call = ams_online_take(room, c->call.size);
    b->root = ams_online_take(room, c->root.size);
    b->network = c->network.size == 0 ? NULL : ams_online_take(room, c->network.size);
    ams_online_lay_out_names(p, c->models, c->labels, room);
}

static uint64_t size_of(const budget_contents *c)
{
    ams_online p = c->p;
    ams_online_budget b = c->b;
    ams_online_room room = {NULL, AMS_ONLINE_LINE};
    ams_online_take(&room, sizeof p);
    ams_online_take(&room, sizeof b);
    lay_out(&p, &b, c, &room);
    return room.used;
}

int ams_online_budget_size(const void *bytes, size_t n_bytes, size_t *size)
{
    budget_contents c;
    const int code = size == NULL ? AMS_ONLINE_BAD_ARGUMENT : check(&c, bytes, n_bytes);
    if (code == AMS_ONLINE_OK) {
        *size = (size_t)size_of(&c);
    }
    return code;
}

static void copy_doubles(double *target, const unsigned char *source, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        target[i] = ams_read_double(source + 8 * i);
    }
}

int ams_online_budget_open(ams_online **policy, const void *bytes, size_t n_bytes, void *memory,
                           size_t size)
{
    const float least_ms = 1e-30F; /* times divide */
    budget_contents c;
    const int code = check(&c, bytes, n_bytes);
    if (code != AMS_ONLINE_OK) {
        return code;
    }
    if (size < size_of(&c)) {
        return AMS_ONLINE_SMALL;
    }
    ams_online_room room = {ams_online_align(memory), 0};
    ams_online *p = ams_online_take(&room, sizeof *p);
    ams_online_budget *b = ams_online_take(&room, sizeof *b);
    *p = c.p;
    *b = c.b;
    lay_out(p, b, &c, &room);
    p->budget = b;
    const uint64_t prices = b->n_prices;
    copy_doubles(b->lambda, c.prices.at, prices);
    copy_doubles(b->mean_cost, c.prices.at + 8 * prices, prices);
    copy_doubles(b->mean_score, c.prices.at + 16 * prices, prices);
    copy_doubles(b->cost, c.cost.at, p->n_models);
    ams_online_copy_floats(p->threshold, c.threshold.at, p->n_models);
    ams_online_copy_floats(b->posterior, c.posterior.at, c.posterior.size / 4);
    ams_online_copy_floats(b->stop, c.stop.at, c.stop.size / 4);
    ams_online_copy_floats(b->call, c.call.at, c.call.size / 4);
    ams_online_copy_floats(b->root, c.root.at, c.root.size / 4);
    ams_online_copy_floats(b->network, c.network.at, c.network.size / 4);
    for (uint32_t m = 0; m < p->n_models; m++) {
        const float cost = (float)b->cost[m];
        p->time_ms[m] = cost > least_ms ? cost : least_ms;
        p->mem_mb[m] = 0;
    }
    if (!ams_online_take_names(p, c.models, c.labels)) {
        return AMS_ONLINE_BAD_POLICY;
    }
    *policy = p;
    return AMS_ONLINE_OK;
}
