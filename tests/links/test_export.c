/* Exported links: every format says what the framework predicts, for each form and kind; equal
 * links give equal bytes; what differs is not kept; damage breaks nothing. */
#include "ams/link_export.h"
#include "ams/link_networks.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/links/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const random_table_options small = {
    .seed = 5, .n_items = 60, .n_models = 4, .n_labels = 16, .n_tasks = 4, .empty = 0.2};
static const char HASH[] = "0123456789abcdef0123456789abcdef";
enum { FORMS = 3, SET = 5 /* models 0 and 2 */, MOST = 64 };

/* Links of a form, and a file of them as a program reads it. */
typedef struct export_case {
    links_fixture f;
    ams_link_file file;
} export_case;

/* Of networks, model 1 says one label or none and model 3 a number. */
static void case_init(export_case *c, ams_link_form form)
{
    ams_link_map map;
    ams_error err;
    const ams_link_options options = {.lambda = 3, .any_lambda = 1};
    const ams_link_map *list[] = {&map};
    ams_link_network_options how = ams_link_network_defaults();
    links_fixture *f = &c->f;
    links_fixture_init(f, &small, &options);
    const ams_link_network_data data = {&f->space, &f->items, &f->items};
    how.epochs = 2;
    ams_status status = AMS_OK;
    if (form == AMS_LINK_NETWORKS) {
        f->space.kind[1] = AMS_LINK_SINGLE;
        f->space.kind[3] = AMS_LINK_REAL;
        status = ams_link_fit_networks(&map, &data, SET, &how, NULL, NULL, &err);
    } else {
        status = form == AMS_LINK_ANY ? ams_link_fit_any(&map, &f->space, &f->gram, &err)
                                      : ams_link_fit(&map, &f->space, &f->gram, SET, &err);
    }
    ck_assert_int_eq(status, AMS_OK);
    ck_assert_int_eq(ams_link_file_write("l.ams", &f->table, HASH, &f->space, list, 1,
                                         form == AMS_LINK_ANY ? AMS_LINK_NOT_CHOSEN : 0, &err),
                     AMS_OK);
    ck_assert_int_eq(ams_link_file_read(&c->file, "l.ams", &err), AMS_OK);
    ams_link_map_fini(&map);
}

static void case_fini(export_case *c)
{
    ams_link_file_fini(&c->file);
    links_fixture_fini(&c->f);
}

/* -- the graph on real items, by double arithmetic on its layers -- */

static void run_layer(const ams_link_layer *l, const double *x, double *y)
{
    for (uint32_t k = 0; k < l->out; k++) {
        y[k] = (double)l->b[k];
        for (uint32_t i = 0; i < l->in; i++) {
            y[k] += x[i] * (double)l->w[(size_t)i * l->out + k];
        }
    }
}

static void run_block(const ams_link_block *b, const double *x, double *y)
{
    double hidden[MOST];
    double sum = 0;
    const ams_link_layer *last = &b->layer[b->n_layers - 1];
    y += b->first;
    if (b->n_layers == 2) {
        run_layer(&b->layer[0], x, hidden);
        for (uint32_t k = 0; k < last->in; k++) {
            hidden[k] = fmax(hidden[k], 0);
        }
    }
    run_layer(last, b->n_layers == 2 ? hidden : x, y);
    for (uint32_t k = 0; k < last->out; k++) {
        sum += exp(y[k]);
    }
    for (uint32_t k = 0; k < last->out; k++) {
        y[k] = b->activation == AMS_LINK_SIGMOID   ? 1 / (1 + exp(-y[k]))
               : b->activation == AMS_LINK_SOFTMAX ? exp(y[k]) / sum
                                                   : y[k];
    }
}

START_TEST(layers_predict_what_the_map_predicts)
{
    export_case c;
    ams_link_graph g;
    ams_error err;
    case_init(&c, (ams_link_form)_i);
    ck_assert_int_eq(ams_link_graph_init(&g, &c.file, &err), AMS_OK);
    const uint32_t columns = c.f.space.n_columns;
    ck_assert_uint_le(columns + small.n_models, MOST);
    for (uint32_t i = 0; i < small.n_items; i++) {
        /* Of any subset, another one ran on each item. */
        const uint64_t ran = g.map->form == AMS_LINK_ANY ? i % 16 : SET;
        double row[MOST];
        double x[MOST];
        double y[MOST];
        float p[MOST];
        links_fixture_row(&c.f, i, false, row);
        for (uint32_t k = 0; k < g.n_inputs; k++) {
            const bool there = ran >> ams_link_graph_model(&g, g.input[k]) & 1;
            x[k] = !there ? 0 : g.input[k] < columns ? row[g.input[k]] : 1;
        }
        for (uint32_t k = 0; k < g.n_blocks; k++) {
            run_block(&g.block[k], x, y);
        }
        ams_link_predict(g.map, &c.f.items, i, ran, p);
        for (uint32_t k = 0; k < g.n_outputs; k++) {
            ck_assert_double_eq_tol(y[k], (double)p[g.output[k]], 1e-5);
        }
    }
    ams_link_graph_fini(&g);
    case_fini(&c);
}
END_TEST

/* -- files -- */

static void write_all(const export_case *c, const char *directory)
{
    ams_link_graph g;
    ams_golden golden;
    ams_error err;
    ck_assert_int_eq(ams_make_directories(directory, &err), AMS_OK);
    ck_assert_int_eq(ams_link_graph_init(&g, &c->file, &err), AMS_OK);
    ck_assert_int_eq(ams_link_golden_init(&golden, &g, &err), AMS_OK);
    for (size_t k = 0; k < AMS_LINK_EXPORT_KINDS; k++) {
        const ams_link_export_kind *kind = &ams_link_export_kinds[k];
        ams_export_report r;
        const ams_status status =
            ams_link_export_write(kind, &g, &golden, directory, 1e-6, &r, &err);
        if (status == AMS_BACKEND) { /* a build without ONNX */
            ck_assert_str_eq(kind->name, "onnx");
            continue;
        }
        ck_assert_msg(status == AMS_OK, "%s: %s", kind->name, err.text);
        ck_assert_double_le(r.difference, r.allowed);
    }
    ams_golden_fini(&golden);
    ams_link_graph_fini(&g);
}

static void check_equal(const char *file)
{
    char path[2][64];
    char *bytes[2];
    size_t size[2];
    ams_error err;
    for (int k = 0; k < 2; k++) {
        snprintf(path[k], sizeof path[k], "%s/%s", k == 0 ? "one" : "two", file);
        if (access(path[k], F_OK) != 0) {
            ck_assert_str_eq(file, "links.onnx");
            return;
        }
        ck_assert_int_eq(ams_read_file(path[k], 1 << 24, &bytes[k], &size[k], &err), AMS_OK);
    }
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}

START_TEST(files_say_what_the_framework_says)
{
    export_case c;
    case_init(&c, (ams_link_form)_i);
    write_all(&c, "one");
    write_all(&c, "two");
    for (size_t k = 0; k < AMS_LINK_EXPORT_KINDS; k++) {
        check_equal(ams_link_export_kinds[k].file);
    }
    case_fini(&c);
}
END_TEST

/* Cut anywhere, a file is refused; with one bit another one, it is read without harm. */
static void check_cuts(const ams_link_export_kind *kind, const ams_blob *blob,
                       const ams_golden *golden, float *q)
{
    ams_error err;
    const size_t step = blob->size / 97 + 1;
    for (size_t at = 0; at < blob->size; at += step) {
        uint8_t *copy = malloc(blob->size + 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, blob->data, blob->size);
        copy[blob->size] = 0;
        copy[at] ^= 4;
        ams_blob damaged = {.data = copy, .size = blob->size};
        kind->read(&damaged, golden, q, &err);
        memcpy(copy, blob->data, at);
        copy[at] = 0;
        damaged.size = at;
        /* Without its last texts a graph is still one. */
        const ams_status status = kind->read(&damaged, golden, q, &err);
        ck_assert_msg(status == AMS_BAD_DATA || (status == AMS_OK && at > blob->size / 2 &&
                                                 strcmp(kind->name, "onnx") == 0),
                      "%s: cut at %zu", kind->name, at);
        free(copy);
    }
}

/* Another first digit of the first weight: no file. */
static void check_difference(ams_blob *blob, const ams_golden *golden)
{
    static const char HEAD[] = "ams_links_w0[] = {\n";
    ams_export_report r;
    ams_error err;
    char *digit = memmem(blob->data, blob->size, HEAD, sizeof HEAD - 1);
    ck_assert_ptr_nonnull(digit);
    digit += sizeof HEAD - 1;
    digit += *digit == '-';
    *digit = *digit == '9' ? '1' : (char)(*digit + 1);
    ck_assert_int_eq(
        ams_export_keep(blob, ams_link_export_kinds[0].read, golden, "wrong.h", 1e-6, &r, &err),
        AMS_DIFFERS);
    ck_assert_int_ne(access("wrong.h", F_OK), 0);
}

START_TEST(damage_is_found)
{
    export_case c;
    ams_link_graph g;
    ams_golden golden;
    ams_error err;
    case_init(&c, (ams_link_form)_i);
    ck_assert_int_eq(ams_link_graph_init(&g, &c.file, &err), AMS_OK);
    ck_assert_int_eq(ams_link_golden_init(&golden, &g, &err), AMS_OK);
    float *q = malloc((size_t)AMS_GOLDEN_STATES * g.n_outputs * sizeof *q);
    ck_assert_ptr_nonnull(q);
    for (size_t k = 0; k < AMS_LINK_EXPORT_KINDS; k++) {
        const ams_link_export_kind *kind = &ams_link_export_kinds[k];
        ams_blob blob = {0};
        if (kind->write(&g, &golden, &blob, &err) == AMS_OK) {
            check_cuts(kind, &blob, &golden, q);
        }
        if (k == 0) {
            check_difference(&blob, &golden);
        }
        ams_blob_fini(&blob);
    }
    free(q);
    ams_golden_fini(&golden);
    ams_link_graph_fini(&g);
    case_fini(&c);
}
END_TEST

START_TEST(pairs_alone_are_no_answer)
{
    export_case c;
    ams_link_graph g;
    ams_error err;
    case_init(&c, AMS_LINK_SUBSET);
    c.file.chosen = AMS_LINK_NOT_CHOSEN;
    ck_assert_int_eq(ams_link_graph_init(&g, &c.file, &err), AMS_USAGE);
    case_fini(&c);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, layers_predict_what_the_map_predicts, 0, FORMS);
    tcase_add_loop_test(tests, files_say_what_the_framework_says, 0, FORMS);
    tcase_add_loop_test(tests, damage_is_found, 0, FORMS);
    tcase_add_test(tests, pairs_alone_are_no_answer);
}

int main(void)
{
    return run_suite("export", add);
}
