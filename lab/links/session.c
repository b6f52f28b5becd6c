#include "ams/link_session.h"

#include "base/clock.h"
#include "base/memory.h"
#include "env/sample.h"
#include "lab/links/pairs.h"
#include "lab/links/truth.h"
#include "rl/net/blas.h"

#include <math.h>
#include <stdlib.h>

ams_link_session_options ams_link_session_defaults(void)
{
    return (ams_link_session_options){.links = ams_link_defaults(),
                                      .split = AMS_TEST,
                                      .network = ams_link_network_defaults(),
                                      .threads = 1};
}

static uint32_t list_split(const ams_table *table, ams_split split, uint32_t *item)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < table->n_items; i++) {
        if (table->split[i] == split) {
            item[n++] = i;
        }
    }
    return n;
}

/* Columns from the training items, and the three parts as links see them. */
static ams_status read_items(ams_link_session *s, ams_error *err)
{
    const ams_table *t = &s->table;
    uint32_t *item = NULL;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&item, t->n_items, sizeof *item, "items", err));
    AMS_TRY(ams_sample_training(t->split, t->n_items, s->options.items, s->options.seed, item,
                                &n, err));
    AMS_TRY(ams_link_space_init(&s->space, t, item, n, &s->options.links, err));
    AMS_TRY(ams_link_items_init(&s->training, &s->space, t, item, n, err));
    n = list_split(t, AMS_VALIDATION, item);
    AMS_TRY(ams_link_items_init(&s->validation, &s->space, t, item, n, err));
    n = list_split(t, s->options.split, item);
    if (n == 0) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: no item is in the split %s",
                          s->options.data_path, ams_split_name(s->options.split));
        goto out;
    }
    AMS_TRY(ams_link_items_init(&s->measured, &s->space, t, item, n, err));
out:
    free(item);
    return status;
}

static ams_status fit(ams_link_session *s, ams_error *err)
{
    const double before = ams_seconds();
    ams_status status = AMS_OK;
    AMS_TRY(ams_link_gram_init(&s->gram, &s->space, err));
    ams_link_gram_add(&s->gram, &s->training, 0, s->training.n);
    AMS_TRY(ams_link_session_fit_pairs(s, err));
    s->fit_seconds = ams_seconds() - before;
out:
    return status;
}

static ams_status open_session(ams_link_session *s, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_read(&s->table, s->options.data_path, err));
    AMS_TRY(ams_table_hash(&s->table, s->data_hash, err));
    if (s->options.resplit != NULL && s->options.fit_path != NULL) {
        status =
            ams_fail(err, AMS_USAGE,
                     "the splits are drawn again, of all items of %s; nothing is fitted to "
                     "%s then",
                     s->options.data_path, s->options.fit_path);
        goto out;
    }
    AMS_TRY(ams_data_join_learned(&s->table, s->options.split, AMS_FIT_AND_TUNE,
                                  s->options.fit_path, err));
    if (s->options.resplit != NULL) {
        AMS_TRY(ams_data_split(&s->table, s->options.resplit, err));
    }
    if (s->options.truth) {
        status = ams_link_add_truth(&s->table, err);
        if (status != AMS_OK) {
            ams_error_prefix(err, "%s", s->options.data_path);
            goto out;
        }
        s->never = UINT64_C(1) << (s->table.n_models - 1);
    }
    const size_t m = s->table.n_models;
    AMS_TRY(ams_alloc(&s->pair, m, sizeof *s->pair, "links", err));
    AMS_TRY(ams_alloc(&s->p, m * m, sizeof *s->p, "links", err));
    AMS_TRY(ams_alloc(&s->p0, m, sizeof *s->p0, "links", err));
    AMS_TRY(ams_alloc(&s->time_ms, m, sizeof *s->time_ms, "links", err));
    AMS_TRY(ams_alloc(&s->mem_mb, m, sizeof *s->mem_mb, "links", err));
    for (size_t i = 0; i < m; i++) {
        s->time_ms[i] = (double)s->table.time_ms[i];
        s->mem_mb[i] = (double)s->table.mem_mb[i];
        s->total_time_ms += s->never >> i & 1 ? 0 : s->time_ms[i];
        s->total_mem_mb += s->never >> i & 1 ? 0 : s->mem_mb[i];
    }
    AMS_TRY(read_items(s, err));
    AMS_TRY(fit(s, err));
out:
    return status;
}

ams_status ams_link_session_open(ams_link_session *session,
                                 const ams_link_session_options *options, ams_error *err)
{
    *session = (ams_link_session){.options = *options};
    ams_blas_single_thread();
    ams_status status = open_session(session, err);
    if (status != AMS_OK) {
        ams_link_session_close(session);
    }
    return status;
}

void ams_link_session_close(ams_link_session *s)
{
    for (uint32_t m = 0; s->pair != NULL && m < s->table.n_models; m++) {
        ams_link_map_fini(&s->pair[m]);
    }
    ams_pool_destroy(s->pool);
    ams_link_map_fini(&s->constant);
    ams_link_gram_fini(&s->gram);
    ams_link_items_fini(&s->training);
    ams_link_items_fini(&s->validation);
    ams_link_items_fini(&s->measured);
    ams_link_space_fini(&s->space);
    ams_table_fini(&s->table);
    free(s->pair);
    free(s->p);
    free(s->p0);
    free(s->time_ms);
    free(s->mem_mb);
    *s = (ams_link_session){.data_hash = ""};
}
