/* Opens the bytes of a policy.ams (docs/format.md), none of which is trusted: what passes here,
 * the rest of the folder uses without checking again. */
#include "online/budget.h"
#include "online/bytes.h"
#include "online/layers.h"

enum { TAG = 8, META = 240, MOST_LABELS = 1 << 24, MOST_UNITS = 4096 };

typedef struct online_contents {
    ams_span meta, models, labels, time_ms, mem_mb, theta, threshold, stored, goals, serves;
    ams_online_weights net;
} online_contents;

static void keep_section(void *context, const unsigned char *tag, ams_span bytes)
{
    online_contents *c = context;
    static const char names[][TAG + 1] = {"meta",    "models",   "labels", "time_ms", "mem_mb",
                                          "theta",   "valuable", "stored", "goals",   "serves",
                                          "weights", "scale",    "bias"};
    ams_span *const parts[] = {&c->meta,    &c->models, &c->labels,      &c->time_ms,
                               &c->mem_mb,  &c->theta,  &c->threshold,   &c->stored,
                               &c->goals,   &c->serves, &c->net.weights, &c->net.scale,
                               &c->net.bias};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        /* Of two with one tag the first counts; tags that this version does not know are
         * skipped. */
        if (parts[i]->at == NULL && strncmp((const char *)tag, names[i], TAG) == 0) {
            *parts[i] = bytes;
        }
    }
}

static int read_sections(online_contents *c, const unsigned char *bytes, uint64_t size)
{
    *c = (online_contents){.meta = {NULL, 0}};
    if (size < TAG || (memcmp(bytes, "AMSPOL0", TAG - 1) != 0 || bytes[TAG - 1] < '1' ||
                       bytes[TAG - 1] > '5')) {
        return AMS_ONLINE_NO_POLICY;
    }
    return ams_online_walk(bytes, size, keep_section, c);
}

/* Version 1 has floats, version 2 says what it has, later ones where they are no floats. */
static bool read_stored(online_contents *c, const unsigned char *bytes)
{
    c->net.stored = AMS_ONLINE_FP32;
    if (bytes[TAG - 1] == '1' || (bytes[TAG - 1] >= '3' && c->stored.at == NULL)) {
        return true;
    }
    c->net.stored =
        c->stored.at != NULL && c->stored.size == 4 ? ams_read_u32(c->stored.at) : 0;
    return c->net.stored == AMS_ONLINE_FP16 || c->net.stored == AMS_ONLINE_INT8;
}

/* From version 4 on: ascending goals up to 1, and the deadlines from which on each serves. */
static bool read_goals(ams_online *p, const online_contents *c, const unsigned char *bytes)
{
    const uint64_t n = c->goals.size / sizeof(double);
    p->n_goals = 0;
    p->goal_heads = bytes[TAG - 1] == '5';
    if (bytes[TAG - 1] < '4') {
        return true;
    }
    if (c->goals.at == NULL || n == 0 || n > AMS_ONLINE_GOALS ||
        c->goals.size % sizeof(double) != 0 || c->serves.at == NULL ||
        c->serves.size != c->goals.size) {
        return false;
    }
    p->n_goals = (uint32_t)n;
    for (uint32_t k = 0; k < n; k++) {
        p->goal[k] = ams_read_double(c->goals.at + 8 * (size_t)k);
        p->serves_ms[k] = ams_read_double(c->serves.at + 8 * (size_t)k);
        const double least = k == 0 ? 0 : p->goal[k - 1];
        const double from_ms = k == 0 ? 0 : p->serves_ms[k - 1];
        if (!(p->goal[k] > least && p->goal[k] <= 1) || !(p->serves_ms[k] >= from_ms)) {
            return false;
        }
    }
    return !(p->serves_ms[0] > 0);
}

/* The numbers of section "meta"; false where one is out of range. */
static bool read_meta(ams_online *p, ams_span meta)
{
    if (meta.at == NULL || meta.size != META) {
        return false;
    }
    const unsigned char *texts = meta.at; /* agent (64), label (64), hash of the data (40) */
    const unsigned char *number = meta.at + 168 + 16; /* after the seed and the updates */
    if (memchr(texts, 0, 64) == NULL || memchr(texts + 64, 0, 64) == NULL ||
        memchr(texts + 128, 0, 33) == NULL ||
        !ams_online_plain_text(texts + 64, strlen((const char *)texts + 64))) {
        return false;
    }
    uint32_t features = ams_read_u32(number + 4);
    uint32_t value = ams_read_u32(number + 12);
    uint32_t end = ams_read_u32(number + 16);
    *p = (ams_online){.decide = ams_read_u32(number),
                      .reward = ams_read_u32(number + 8),
                      .conf = features == AMS_ONLINE_CONF || features == AMS_ONLINE_CONF_MASK,
                      .mask = features == AMS_ONLINE_LABELS_MASK ||
                              features == AMS_ONLINE_CONF_MASK,
                      .end = end == 1,
                      .one_threshold = ams_read_float(number + 20),
                      .n_models = ams_read_u32(number + 24),
                      .n_labels = ams_read_u32(number + 28),
                      .n_layers = ams_read_u32(number + 32)};
    for (uint32_t k = 0; k <= AMS_ONLINE_LAYERS; k++) {
        p->width[k] = ams_read_u32(number + 36 + 4 * (size_t)k);
    }
    return p->decide <= AMS_ONLINE_DECIDE_ODDS && features <= AMS_ONLINE_CONF_MASK &&
           p->reward <= AMS_ONLINE_REWARD_LAST && value <= AMS_ONLINE_VALUE_LAST && end <= 1 &&
           p->one_threshold >= 0 && p->one_threshold < 1 && p->n_models > 0 &&
           p->n_models <= AMS_ONLINE_MODELS && p->n_labels <= MOST_LABELS && p->n_layers > 0 &&
           p->n_layers <= AMS_ONLINE_LAYERS;
}

static bool check_widths(ams_online *p)
{
    const uint32_t outputs = p->width[p->n_layers];
    const bool fit = p->goal_heads
                         ? p->n_layers > 1 && outputs == p->n_goals * (p->n_models + 1)
                         : outputs == p->n_models + 1 || outputs == p->n_models + 2;
    if (!fit ||
        p->width[0] != p->n_labels + (p->mask ? p->n_models : 0) + ams_online_goal_inputs(p)) {
        return false;
    }
    p->dueling = !p->goal_heads && outputs == p->n_models + 2;
    p->all_models = UINT64_MAX >> (AMS_ONLINE_MODELS - p->n_models);
    for (uint32_t k = 1; k < p->n_layers; k++) {
        if (p->width[k] == 0 || p->width[k] > MOST_UNITS) {
            return false;
        }
    }
    return true;
}

/* Version 3 has a threshold per model; in the others one in `meta` counts for all, and a
 * section would be one that they do not know. */
static bool check_thresholds(const ams_online *p, online_contents *c,
                             const unsigned char *bytes)
{
    if (bytes[TAG - 1] < '3' || (bytes[TAG - 1] >= '4' && c->threshold.at == NULL)) {
        c->threshold = (ams_span){NULL, 0};
        return true;
    }
    bool good = ams_online_floats(c->threshold, p->n_models, 0);
    for (uint32_t m = 0; good && m < p->n_models; m++) {
        good = ams_read_float(c->threshold.at + 4 * (size_t)m) < 1;
    }
    return good;
}

static int check(ams_online *p, online_contents *c, const void *bytes, uint64_t size)
{
    int code = bytes == NULL ? AMS_ONLINE_BAD_ARGUMENT : read_sections(c, bytes, size);
    if (code != AMS_ONLINE_OK) {
        return code;
    }
    bool good = read_stored(c, bytes) && read_meta(p, c->meta) && read_goals(p, c, bytes) &&
                check_widths(p) && ams_online_check_names(c->models, p->n_models) &&
                ams_online_check_names(c->labels, p->n_labels) &&
                ams_online_floats(c->time_ms, p->n_models, 1e-30F) && /* times divide */
                ams_online_floats(c->mem_mb, p->n_models, 0) &&
                ams_online_floats(c->theta, p->n_models, 0) && check_thresholds(p, c, bytes) &&
                ams_online_check_weights(p, &c->net);
    return good ? AMS_ONLINE_OK : AMS_ONLINE_BAD_POLICY;
}

/* Gives out the memory: pointers where room->base is set, else only its size. */
static void lay_out(ams_online *p, const online_contents *c, ams_online_room *room)
{
    for (uint32_t k = 0; k < p->n_layers; k++) {
        uint64_t columns = k == 0 ? p->width[1]
                                  : (uint64_t)ams_online_heads(p, k) *
                                        ams_layer_stride(ams_online_outputs(p, k));
        p->weight[k] = ams_online_take(room, p->width[k] * columns * sizeof(float));
        p->bias[k] = ams_online_take(room, p->width[k + 1] * sizeof(float));
    }
    ams_online_lay_out_names(p, c->models, c->labels, room);
}

static uint64_t size_of(const ams_online *checked, const online_contents *c)
{
    ams_online p = *checked;
    ams_online_room room = {NULL, AMS_ONLINE_LINE};
    ams_online_take(&room, sizeof p);
    lay_out(&p, c, &room);
    return room.used;
}

int ams_online_size(const void *bytes, size_t n_bytes, size_t *size)
{
    ams_online p;
    online_contents c;
    if (ams_online_is_budget(bytes, n_bytes)) {
        return ams_online_budget_size(bytes, n_bytes, size);
    }
    int code = size == NULL ? AMS_ONLINE_BAD_ARGUMENT : check(&p, &c, bytes, n_bytes);
    if (code == AMS_ONLINE_OK) {
        uint64_t need = size_of(&p, &c);
        code = need > SIZE_MAX ? AMS_ONLINE_BAD_POLICY : AMS_ONLINE_OK;
        *size = code == AMS_ONLINE_OK ? (size_t)need : 0;
    }
    return code;
}

int ams_online_open(ams_online **policy, const void *bytes, size_t n_bytes, void *memory,
                    size_t size)
{
    ams_online checked;
    online_contents c;
    if (policy == NULL || memory == NULL) {
        return AMS_ONLINE_BAD_ARGUMENT;
    }
    *policy = NULL;
    if (ams_online_is_budget(bytes, n_bytes)) {
        return ams_online_budget_open(policy, bytes, n_bytes, memory, size);
    }
    int code = check(&checked, &c, bytes, n_bytes);
    if (code != AMS_ONLINE_OK) {
        return code;
    }
    if (size < size_of(&checked, &c)) {
        return AMS_ONLINE_SMALL;
    }
    ams_online_room room = {ams_online_align(memory), 0};
    ams_online *p = ams_online_take(&room, sizeof *p);
    *p = checked;
    lay_out(p, &c, &room);
    ams_online_copy_weights(p, &c.net);
    ams_online_copy_floats(p->time_ms, c.time_ms.at, p->n_models);
    ams_online_copy_floats(p->mem_mb, c.mem_mb.at, p->n_models);
    for (uint32_t m = 0; m < p->n_models; m++) {
        p->threshold[m] = c.threshold.at == NULL
                              ? p->one_threshold
                              : ams_read_float(c.threshold.at + 4 * (size_t)m);
    }
    if (!ams_online_take_names(p, c.models, c.labels)) {
        return AMS_ONLINE_BAD_POLICY;
    }
    *policy = p;
    return AMS_ONLINE_OK;
}
