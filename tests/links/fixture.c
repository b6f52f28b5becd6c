#include "tests/links/fixture.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void links_fixture_init(links_fixture *f, const random_table_options *table,
                        const ams_link_options *options)
{
    *f = (links_fixture){.item = NULL};
    random_table(&f->table, table);
    links_fixture_of_table(f, options);
}

void links_fixture_of_table(links_fixture *f, const ams_link_options *options)
{
    ams_error err;
    ams_link_options o = *options;
    free(f->table.kind); /* any number of labels each, in spite of `meaning` */
    f->table.kind = NULL;
    o.min_count = 1;
    f->item = malloc(f->table.n_items * sizeof *f->item);
    ck_assert_ptr_nonnull(f->item);
    for (uint32_t i = 0; i < f->table.n_items; i++) {
        f->item[i] = i;
    }
    ck_assert_int_eq(
        ams_link_space_init(&f->space, &f->table, f->item, f->table.n_items, &o, &err), AMS_OK);
    ck_assert_int_eq(
        ams_link_items_init(&f->items, &f->space, &f->table, f->item, f->table.n_items, &err),
        AMS_OK);
    ck_assert_int_eq(ams_link_gram_init(&f->gram, &f->space, &err), AMS_OK);
    ams_link_gram_add(&f->gram, &f->items, 0, f->items.n);
}

void links_fixture_fini(links_fixture *f)
{
    ams_link_gram_fini(&f->gram);
    ams_link_items_fini(&f->items);
    ams_link_space_fini(&f->space);
    ams_table_fini(&f->table);
    free(f->item);
}

/* From the table alone, by the definitions. */
void links_fixture_row(const links_fixture *f, uint32_t item, bool target, double *row)
{
    const ams_table *t = &f->table;
    const ams_link_options *o = &f->space.options;
    const bool bits = (target ? o->targets : o->features) == AMS_LINK_BITS;
    for (uint32_t m = 0; m < t->n_models; m++) {
        const uint64_t r = (uint64_t)item * t->n_models + m;
        double other = 0;
        for (uint32_t c = f->space.first[m]; c < f->space.first[m + 1]; c++) {
            row[c] = 0;
        }
        for (uint64_t at = t->indptr[r]; at < t->indptr[r + 1]; at++) {
            bool known = false;
            for (uint32_t c = f->space.first[m]; c < f->space.first[m + 1]; c++) {
                if (f->space.label[c] == t->label[at]) {
                    row[c] = (double)t->conf[at];
                    known = true;
                }
            }
            other = known ? other : fmax(other, (double)t->conf[at]);
        }
        for (uint32_t c = f->space.first[m]; c < f->space.first[m + 1]; c++) {
            row[c] = f->space.label[c] == AMS_LINK_OTHER ? other : row[c];
            row[c] = bits ? row[c] > (double)ams_table_threshold(t, m) : row[c];
        }
    }
}
