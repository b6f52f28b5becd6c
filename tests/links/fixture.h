/* Links of a small random table. */
#ifndef AMS_TESTS_LINKS_FIXTURE_H
#define AMS_TESTS_LINKS_FIXTURE_H

#include "ams/links.h"
#include "tests/env/random_table.h"

typedef struct links_fixture {
    ams_table table;
    uint32_t *item; /* (N) all items, in order */
    ams_link_space space;
    ams_link_items items;
    ams_link_gram gram;
} links_fixture;

/* Every item of random_table (seed, n_items, n_models, n_labels) is a training item; min_count
 * is 1. Stops the test on failure. */
void links_fixture_init(links_fixture *f, const random_table_options *table,
                        const ams_link_options *options);
/* The same of f->table, which is set; the rest is not. */
void links_fixture_of_table(links_fixture *f, const ams_link_options *options);
void links_fixture_fini(links_fixture *f);

/* What a link reads of an item (target: predicts), column by column: (D). */
void links_fixture_row(const links_fixture *f, uint32_t item, bool target, double *row);

#endif
