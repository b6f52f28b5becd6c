/* Names of models and labels as a file has them, and the order by which labels are found. */
#include "online/bytes.h"

/* No control character in texts that end with zeros, as the framework has it: below U+0020,
 * U+007F, and U+0080 to U+009F, which are C2 80 to C2 9F. */
bool ams_online_plain_text(const unsigned char *text, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        if ((text[i] != 0 && text[i] < 0x20) || text[i] == 0x7F ||
            (text[i] == 0xC2 && i + 1 < size && (text[i + 1] & 0xE0) == 0x80)) {
            return false;
        }
    }
    return true;
}

/* `count` names, each with its zero, and nothing else. */
bool ams_online_check_names(ams_span part, uint32_t count)
{
    uint64_t zeros = 0;
    for (uint64_t i = 0; i < part.size; i++) {
        zeros += part.at[i] == 0;
    }
    return part.at != NULL && zeros == count &&
           (part.size == 0 || part.at[part.size - 1] == 0) &&
           ams_online_plain_text(part.at, part.size);
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

bool ams_online_take_names(ams_online *p, ams_span models, ams_span labels)
{
    memcpy(p->model_text, models.at, p->model_bytes);
    find_names(p->model_text, p->model_at, p->n_models);
    if (p->n_labels > 0) {
        memcpy(p->label_text, labels.at, p->label_bytes);
        find_names(p->label_text, p->label_at, p->n_labels);
    }
    sort_labels(p);
    return names_differ(p);
}

void ams_online_lay_out_names(ams_online *p, ams_span models, ams_span labels,
                              ams_online_room *room)
{
    p->model_bytes = (size_t)models.size;
    p->label_bytes = (size_t)labels.size;
    p->time_ms = ams_online_take(room, p->n_models * sizeof(float));
    p->mem_mb = ams_online_take(room, p->n_models * sizeof(float));
    p->threshold = ams_online_take(room, p->n_models * sizeof(float));
    p->model_at = ams_online_take(room, p->n_models * sizeof(uint32_t));
    p->label_at = ams_online_take(room, p->n_labels * sizeof(uint32_t));
    p->label_order = ams_online_take(room, p->n_labels * sizeof(uint32_t));
    p->model_text = ams_online_take(room, p->model_bytes);
    p->label_text = ams_online_take(room, p->label_bytes);
}
