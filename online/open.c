/* Opens the bytes of a policy.ams (docs/format.md), none of which is trusted: what passes here,
 * the rest of the folder uses without checking again. */
#include "online/bytes.h"
#include "online/layers.h"

enum {
    TAG = 8,
    HEADER = 24,
    META = 240,
    MOST_LABELS = 1 << 24,
    MOST_UNITS = 4096,
    LARGEST = 1 << 30
};

typedef struct online_contents {
    ams_span meta, models, labels, time_ms, mem_mb, theta, threshold, stored, goals, serves;
    ams_online_weights net;
} online_contents;

/* CRC-32 of gzip and PNG, half a byte per step. */
static uint32_t crc32_of(uint32_t crc, const unsigned char *p, uint64_t n)
{
    static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                       0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                       0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                       0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    crc = ~crc;
    for (uint64_t i = 0; i < n; i++) {
        crc ^= p[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static void keep_section(online_contents *c, const unsigned char *tag, ams_span bytes)
{
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
                       bytes[TAG - 1] > '4')) {
        return AMS_ONLINE_NO_POLICY;
    }
    if (size > LARGEST) {
        return AMS_ONLINE_BAD_POLICY;
    }
    for (uint64_t at = TAG; at < size;) {
        if (size - at < HEADER || ams_read_u64(bytes + at + TAG) > size - at - HEADER) {
            return AMS_ONLINE_DAMAGED;
        }
        const unsigned char *head = bytes + at;
        ams_span part = {head + HEADER, ams_read_u64(head + TAG)};
        uint32_t crc = crc32_of(crc32_of(0, head, 16), part.at, part.size);
        if (crc != ams_read_u32(head + 16) || ams_read_u32(head + 20) != 0) {
            return AMS_ONLINE_DAMAGED;
        }
        keep_section(c, head, part);
        at += HEADER + part.size;
    }
    return AMS_ONLINE_OK;
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

/* Of version 4: ascending goals up to 1, and the deadlines from which on each serves. */
static bool read_goals(ams_online *p, const online_contents *c, const unsigned char *bytes)
{
    const uint64_t n = c->goals.size / sizeof(double);
    p->n_goals = 0;
    if (bytes[TAG - 1] != '4') {
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

/* No control character in texts that end with zeros, as the framework has it: below U+0020,
 * U+007F, and U+0080 to U+009F, which are C2 80 to C2 9F. */
static bool has_no_control(const unsigned char *text, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        if ((text[i] != 0 && text[i] < 0x20) || text[i] == 0x7F ||
            (text[i] == 0xC2 && i + 1 < size && (text[i + 1] & 0xE0) == 0x80)) {
            return false;
        }
    }
    return true;
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
        !has_no_control(texts + 64, strlen((const char *)texts + 64))) {
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
    if (p->width[0] != p->n_labels + (p->mask ? p->n_models : 0) + p->n_goals ||
        (outputs != p->n_models + 1 && outputs != p->n_models + 2)) {
        return false;
    }
    p->dueling = outputs == p->n_models + 2;
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
    if (bytes[TAG - 1] < '3' || (bytes[TAG - 1] == '4' && c->threshold.at == NULL)) {
        c->threshold = (ams_span){NULL, 0};
        return true;
    }
    bool good = ams_online_floats(c->threshold, p->n_models, 0);
    for (uint32_t m = 0; good && m < p->n_models; m++) {
        good = ams_read_float(c->threshold.at + 4 * (size_t)m) < 1;
    }
    return good;
}

/* `count` names, each with its zero, and nothing else. */
static bool check_names(ams_span part, uint32_t count)
{
    uint64_t zeros = 0;
    for (uint64_t i = 0; i < part.size; i++) {
        zeros += part.at[i] == 0;
    }
    return part.at != NULL && zeros == count &&
           (part.size == 0 || part.at[part.size - 1] == 0) &&
           has_no_control(part.at, part.size);
}

static int check(ams_online *p, online_contents *c, const void *bytes, uint64_t size)
{
    int code = bytes == NULL ? AMS_ONLINE_BAD_ARGUMENT : read_sections(c, bytes, size);
    if (code != AMS_ONLINE_OK) {
        return code;
    }
    bool good = read_stored(c, bytes) && read_meta(p, c->meta) && read_goals(p, c, bytes) &&
                check_widths(p) && check_names(c->models, p->n_models) &&
                check_names(c->labels, p->n_labels) &&
                ams_online_floats(c->time_ms, p->n_models, 1e-30F) && /* times divide */
                ams_online_floats(c->mem_mb, p->n_models, 0) &&
                ams_online_floats(c->theta, p->n_models, 0) && check_thresholds(p, c, bytes) &&
                ams_online_check_weights(p, &c->net);
    return good ? AMS_ONLINE_OK : AMS_ONLINE_BAD_POLICY;
}

/* Gives out the memory: pointers where room->base is set, else only its size. */
static void lay_out(ams_online *p, const online_contents *c, ams_online_room *room)
{
    p->model_bytes = (size_t)c->models.size;
    p->label_bytes = (size_t)c->labels.size;
    for (uint32_t k = 0; k < p->n_layers; k++) {
        uint64_t columns = k == 0 ? p->width[1] : ams_layer_stride(p->width[k + 1]);
        p->weight[k] = ams_online_take(room, p->width[k] * columns * sizeof(float));
        p->bias[k] = ams_online_take(room, p->width[k + 1] * sizeof(float));
    }
    p->time_ms = ams_online_take(room, p->n_models * sizeof(float));
    p->mem_mb = ams_online_take(room, p->n_models * sizeof(float));
    p->threshold = ams_online_take(room, p->n_models * sizeof(float));
    p->model_at = ams_online_take(room, p->n_models * sizeof(uint32_t));
    p->label_at = ams_online_take(room, p->n_labels * sizeof(uint32_t));
    p->label_order = ams_online_take(room, p->n_labels * sizeof(uint32_t));
    p->model_text = ams_online_take(room, p->model_bytes);
    p->label_text = ams_online_take(room, p->label_bytes);
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
    int code = size == NULL ? AMS_ONLINE_BAD_ARGUMENT : check(&p, &c, bytes, n_bytes);
    if (code == AMS_ONLINE_OK) {
        uint64_t need = size_of(&p, &c);
        code = need > SIZE_MAX ? AMS_ONLINE_BAD_POLICY : AMS_ONLINE_OK;
        *size = code == AMS_ONLINE_OK ? (size_t)need : 0;
    }
    return code;
}

static void copy_floats(float *target, const unsigned char *source, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        target[i] = ams_read_float(source + 4 * i);
    }
}

static void find_names(const char *text, uint32_t *at, uint32_t count)
{
    uint32_t start = 0;
    for (uint32_t i = 0; i < count; i++) {
        at[i] = start;
        start += (uint32_t)strlen(text + start) + 1;
    }
}

static int compare_labels(const ams_online *p, uint32_t a, uint32_t b)
{
    return strcmp(p->label_text + p->label_at[a], p->label_text + p->label_at[b]);
}

/* Heapsort: no recursion, no memory, no input that is slow. */
static void sift(const ams_online *p, uint32_t root, uint32_t n)
{
    uint32_t *heap = p->label_order;
    const uint32_t moving = heap[root];
    for (uint32_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
        if (child + 1 < n && compare_labels(p, heap[child + 1], heap[child]) > 0) {
            child++;
        }
        if (compare_labels(p, heap[child], moving) <= 0) {
            break;
        }
        heap[root] = heap[child];
        root = child;
    }
    heap[root] = moving;
}

static void sort_labels(const ams_online *p)
{
    for (uint32_t l = 0; l < p->n_labels; l++) {
        p->label_order[l] = l;
    }
    for (uint32_t root = p->n_labels / 2; root-- > 0;) {
        sift(p, root, p->n_labels);
    }
    for (uint32_t n = p->n_labels; n-- > 1;) {
        uint32_t last = p->label_order[n];
        p->label_order[n] = p->label_order[0];
        p->label_order[0] = last;
        sift(p, 0, n);
    }
}

static bool names_differ(const ams_online *p)
{
    for (uint32_t m = 0; m < p->n_models; m++) {
        if (ams_online_model(p, p->model_text + p->model_at[m]) != m) {
            return false;
        }
    }
    for (uint32_t i = 1; i < p->n_labels; i++) {
        if (compare_labels(p, p->label_order[i - 1], p->label_order[i]) == 0) {
            return false;
        }
    }
    return true;
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
    copy_floats(p->time_ms, c.time_ms.at, p->n_models);
    copy_floats(p->mem_mb, c.mem_mb.at, p->n_models);
    for (uint32_t m = 0; m < p->n_models; m++) {
        p->threshold[m] = c.threshold.at == NULL
                              ? p->one_threshold
                              : ams_read_float(c.threshold.at + 4 * (size_t)m);
    }
    memcpy(p->model_text, c.models.at, p->model_bytes);
    find_names(p->model_text, p->model_at, p->n_models);
    if (p->n_labels > 0) {
        memcpy(p->label_text, c.labels.at, p->label_bytes);
        find_names(p->label_text, p->label_at, p->n_labels);
    }
    sort_labels(p);
    if (!names_differ(p)) {
        return AMS_ONLINE_BAD_POLICY;
    }
    *policy = p;
    return AMS_ONLINE_OK;
}
