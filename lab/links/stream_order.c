#include "lab/links/stream.h"

#include "base/memory.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

const char *const ams_link_orders[] = {"file", "groups", "shuffle", "rotate", "linear", NULL};

/* The groups that are used, and how far each is used up. */
typedef struct order_groups {
    ams_link_stream *stream;
    uint32_t *group; /* (n) indices in the table's names */
    uint32_t *next;  /* (n) next item to look at */
    uint32_t n;
} order_groups;

static ams_status list_groups(order_groups *g, ams_error *err)
{
    const ams_link_stream_options *o = &g->stream->options;
    const ams_names *names = &g->stream->table.group_name;
    uint32_t *sorted = NULL;
    ams_status status = AMS_OK;
    g->n = o->n_groups > 0 ? (uint32_t)o->n_groups : names->count;
    AMS_TRY(ams_alloc(&g->group, g->n, sizeof *g->group, "groups", err));
    AMS_TRY(ams_alloc(&g->next, g->n, sizeof *g->next, "groups", err));
    AMS_TRY(ams_names_sort(names, &sorted, err));
    for (uint32_t k = 0; k < g->n; k++) {
        g->group[k] = o->n_groups == 0
                          ? sorted[k]
                          : ams_names_find(names, o->group[k], strlen(o->group[k]));
        if (g->group[k] == AMS_NO_NAME) {
            status = ams_fail(err, AMS_USAGE, "%s: no group is named '%s'%s", o->data_path,
                              o->group[k], ams_list_hint_names(o->group[k], names).text);
            goto out;
        }
    }
    if (o->order == AMS_LINK_ORDER_SHUFFLE) {
        ams_rng rng = ams_rng_init(o->seed, AMS_STREAM_ITEMS);
        ams_rng_shuffle(&rng, g->group, g->n);
    }
    if (o->order == AMS_LINK_ORDER_LINEAR && g->n != 2) {
        status = ams_fail(err, AMS_USAGE,
                          "linear drift goes from one group to another: expected two groups, "
                          "found %u",
                          g->n);
    }
out:
    free(sorted);
    return status;
}

/* Appends up to `most` further items of the k-th group; returns how many. */
static uint32_t take(order_groups *g, uint32_t k, uint32_t most)
{
    const ams_table *t = &g->stream->table;
    uint32_t taken = 0;
    for (; g->next[k] < t->n_items && taken < most; g->next[k]++) {
        if (t->item_group[g->next[k]] == g->group[k]) {
            g->stream->item[g->stream->n++] = g->next[k];
            taken++;
        }
    }
    return taken;
}

/* Until one group is used up: from then on nothing would drift. */
static void drift_linearly(order_groups *g)
{
    const ams_table *t = &g->stream->table;
    uint32_t count[2] = {0, 0};
    ams_rng rng = ams_rng_init(g->stream->options.seed, AMS_STREAM_ITEMS);
    for (uint32_t i = 0; i < t->n_items; i++) {
        count[0] += t->item_group[i] == g->group[0];
        count[1] += t->item_group[i] == g->group[1];
    }
    const uint32_t n = 2 * (count[0] < count[1] ? count[0] : count[1]);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t k = ams_rng_unit(&rng) * n < i;
        if (take(g, k, 1) == 0 && take(g, 1 - k, 1) == 0) {
            break;
        }
    }
}

ams_status ams_link_put_in_order(ams_link_stream *stream, ams_error *err)
{
    order_groups g = {.stream = stream};
    const ams_link_stream_options *o = &stream->options;
    ams_status status = AMS_OK;
    AMS_TRY(
        ams_alloc(&stream->item, stream->table.n_items, sizeof *stream->item, "items", err));
    AMS_TRY(list_groups(&g, err));
    if (o->order == AMS_LINK_ORDER_FILE) {
        for (uint32_t i = 0; i < stream->table.n_items; i++) {
            stream->item[stream->n++] = i;
        }
    } else if (o->order == AMS_LINK_ORDER_LINEAR) {
        drift_linearly(&g);
    } else {
        const uint32_t most = o->order == AMS_LINK_ORDER_ROTATE ? o->every : UINT32_MAX;
        for (uint32_t taken = 1; taken > 0;) {
            taken = 0;
            for (uint32_t k = 0; k < g.n; k++) {
                taken += take(&g, k, most);
            }
        }
    }
out:
    free(g.group);
    free(g.next);
    return status;
}
