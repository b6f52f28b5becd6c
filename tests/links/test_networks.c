/* Networks as links against the same training written plainly in double precision, and the file
 * format. */
#include "ams/link_file.h"
#include "ams/link_networks.h"

#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/links/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

static const random_table_options small = {
    .seed = 11, .n_items = 70, .n_models = 3, .n_labels = 9, .n_tasks = 3, .empty = 0.2};

/* A network in double: I inputs, H hidden units, O outputs. */
typedef struct plain_network {
    uint32_t i, h, o;
    double w1[MOST][MOST], b1[MOST], w2[MOST][MOST], b2[MOST];
} plain_network;

static void plain_forward(const plain_network *net, const double *x, double *hidden, double *p)
{
    for (uint32_t h = 0; h < net->h; h++) {
        hidden[h] = net->b1[h];
        for (uint32_t k = 0; k < net->i; k++) {
            hidden[h] += x[k] * net->w1[k][h];
        }
        hidden[h] = fmax(hidden[h], 0);
    }
    for (uint32_t o = 0; o < net->o; o++) {
        double q = net->b2[o];
        for (uint32_t h = 0; h < net->h; h++) {
            q += hidden[h] * net->w2[h][o];
        }
        p[o] = 1 / (1 + exp(-q));
    }
}

static void plain_step(double *w, double *v, double g)
{
    *v = 0.9 * *v + 0.1 * g * g;
    *w -= 0.01 * g / sqrt(*v + 1e-7);
}

/* One minibatch of binary cross-entropy and RMSprop; v holds the squares of net's slopes. */
static void plain_update(plain_network *net, plain_network *v, double (*x)[MOST],
                         double (*y)[MOST], const uint32_t *item, uint32_t n)
{
    static plain_network g;
    memset(&g, 0, sizeof g);
    for (uint32_t s = 0; s < n; s++) {
        double hidden[MOST];
        double p[MOST];
        plain_forward(net, x[item[s]], hidden, p);
        for (uint32_t o = 0; o < net->o; o++) {
            p[o] = (p[o] - y[item[s]][o]) / (n * net->o);
            g.b2[o] += p[o];
        }
        for (uint32_t h = 0; h < net->h; h++) {
            double slope = 0;
            for (uint32_t o = 0; o < net->o; o++) {
                g.w2[h][o] += hidden[h] * p[o];
                slope += net->w2[h][o] * p[o];
            }
            slope = hidden[h] > 0 ? slope : 0;
            g.b1[h] += slope;
            for (uint32_t k = 0; k < net->i; k++) {
                g.w1[k][h] += slope * x[item[s]][k];
            }
        }
    }
    double *w = (double *)net->w1;
    double *sq = (double *)v->w1;
    double *slope = (double *)g.w1;
    for (size_t k = 0; k < MOST * MOST * 2 + MOST * 2; k++) { /* w1, b1, w2, b2 in a row */
        plain_step(&w[k], &sq[k], slope[k]);
    }
}

static double plain_loss(const plain_network *net, double (*x)[MOST], double (*y)[MOST],
                         uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        double hidden[MOST];
        double p[MOST];
        plain_forward(net, x[i], hidden, p);
        for (uint32_t o = 0; o < net->o; o++) {
            sum -= y[i][o] * log(p[o]) + (1 - y[i][o]) * log(1 - p[o]);
        }
    }
    return sum;
}

static void plain_init(plain_network *net, uint64_t seed)
{
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_INIT);
    const double first = sqrt(6.0 / (net->i + net->h));
    const double second = sqrt(6.0 / (net->h + net->o));
    for (uint32_t k = 0; k < net->i; k++) {
        for (uint32_t h = 0; h < net->h; h++) {
            net->w1[k][h] = first * (2 * ams_rng_unit(&rng) - 1);
        }
    }
    for (uint32_t h = 0; h < net->h; h++) {
        for (uint32_t o = 0; o < net->o; o++) {
            net->w2[h][o] = second * (2 * ams_rng_unit(&rng) - 1);
        }
    }
}

/* The best epoch's network of link source -> target, trained on all items. */
static void plain_train(const links_fixture *f, uint32_t source, uint32_t target,
                        const ams_link_network_options *o, plain_network *best)
{
    static plain_network net;
    static plain_network v;
    static double x[128][MOST];
    static double y[128][MOST];
    uint32_t order[128];
    double least = INFINITY;
    const ams_link_space *space = &f->space;
    const uint64_t seed = o->seed * UINT64_C(0x9E3779B97F4A7C15) + target;
    (void)source;
    memset(&net, 0, sizeof net);
    memset(&v, 0, sizeof v);
    net.i = ams_link_width(space, source);
    net.o = ams_link_width(space, target);
    net.h = 2 * net.o;
    for (uint32_t i = 0; i < f->items.n; i++) {
        double row[MOST];
        order[i] = i;
        links_fixture_row(f, i, false, row);
        memcpy(x[i], row + space->first[source], net.i * sizeof *row);
        memcpy(y[i], row + space->first[target], net.o * sizeof *row);
    }
    plain_init(&net, seed);
    for (uint32_t epoch = 0; epoch < o->epochs; epoch++) {
        ams_rng rng = ams_rng_init(seed, AMS_STREAM_LINKS);
        rng.counter = (uint64_t)epoch << 32;
        ams_rng_shuffle(&rng, order, f->items.n);
        for (uint32_t at = 0; at < f->items.n; at += o->batch) {
            const uint32_t left = f->items.n - at;
            plain_update(&net, &v, x, y, order + at, left < o->batch ? left : o->batch);
        }
        const double loss = plain_loss(&net, x, y, f->items.n);
        if (loss < least) {
            least = loss;
            *best = net;
        }
    }
}

static void check_network(const ams_net *net, const plain_network *plain)
{
    ck_assert_uint_eq(net->width[0], plain->i);
    ck_assert_uint_eq(net->width[1], plain->h);
    ck_assert_uint_eq(net->width[2], plain->o);
    for (uint32_t h = 0; h < plain->h; h++) {
        for (uint32_t k = 0; k < plain->i; k++) {
            ck_assert_double_eq_tol(net->params[net->weight[0] + k * plain->h + h],
                                    plain->w1[k][h], 2e-3);
        }
        for (uint32_t o = 0; o < plain->o; o++) {
            ck_assert_double_eq_tol(net->params[net->weight[1] + h * plain->o + o],
                                    plain->w2[h][o], 2e-3);
        }
        ck_assert_double_eq_tol(net->params[net->bias[0] + h], plain->b1[h], 2e-3);
    }
}

START_TEST(networks_are_those_of_a_plain_training)
{
    static plain_network plain;
    links_fixture f;
    ams_error err;
    ams_link_map map;
    float p[MOST];
    const ams_link_options options = ams_link_defaults();
    ams_link_network_options o = ams_link_network_defaults();
    links_fixture_init(&f, &small, &options);
    const ams_link_network_data data = {&f.space, &f.items, &f.items};
    o.dropout = 0;
    o.epochs = 6;
    o.seed = 5;
    ck_assert_int_eq(ams_link_fit_networks(&map, &data, 1, &o, NULL, NULL, &err), AMS_OK);
    for (uint32_t j = 1; j < 3; j++) {
        plain_train(&f, 0, j, &o, &plain);
        check_network(&map.net[j], &plain);
        for (uint32_t i = 0; i < f.items.n; i++) { /* predictions of one item at a time */
            double row[MOST];
            double hidden[MOST];
            double q[MOST];
            links_fixture_row(&f, i, false, row);
            plain_forward(&plain, row, hidden, q);
            ams_link_predict(&map, &f.items, i, 0, p);
            for (uint32_t c = 0; c < plain.o; c++) {
                ck_assert_double_eq_tol(p[f.space.first[j] + c], q[c], 2e-3);
            }
        }
    }
    ams_link_map_fini(&map);
    links_fixture_fini(&f);
}
END_TEST

/* With dropout, as MLink trains: the same bits for one thread and for three. */
START_TEST(threads_do_not_change_a_bit)
{
    links_fixture f;
    ams_error err;
    ams_link_map one[3];
    ams_link_map three[3];
    ams_pool *pool = NULL;
    const ams_link_options options = ams_link_defaults();
    ams_link_network_options o = ams_link_network_defaults();
    links_fixture_init(&f, &small, &options);
    const ams_link_network_data data = {&f.space, &f.items, &f.items};
    o.epochs = 3;
    ck_assert_int_eq(ams_pool_create(&pool, 3, &err), AMS_OK);
    ck_assert_int_eq(ams_link_fit_pair_networks(one, &data, &o, NULL, NULL, &err), AMS_OK);
    ck_assert_int_eq(ams_link_fit_pair_networks(three, &data, &o, pool, NULL, &err), AMS_OK);
    for (uint32_t i = 0; i < 3; i++) {
        for (uint32_t j = 0; j < 3; j++) {
            const ams_net *net = &one[i].net[j];
            ck_assert_int_eq(net->params == NULL, i == j);
            if (i != j) {
                ck_assert_mem_eq(net->params, three[i].net[j].params,
                                 net->n_params * sizeof(float));
            }
        }
        ams_link_map_fini(&three[i]);
        ams_link_map_fini(&one[i]);
    }
    ams_pool_destroy(pool);
    links_fixture_fini(&f);
}
END_TEST

/* Every form of map comes back from a file as it was. */
START_TEST(files_hold_every_form)
{
    links_fixture f;
    ams_error err;
    ams_link_map map[3];
    ams_link_file file;
    float a[MOST];
    float b[MOST];
    const ams_link_options options = ams_link_defaults();
    ams_link_network_options o = ams_link_network_defaults();
    static const char hash[AMS_HASH_TEXT] = "hash";
    const ams_link_map *const all[3] = {&map[0], &map[1], &map[2]};
    links_fixture_init(&f, &small, &options);
    const ams_link_network_data data = {&f.space, &f.items, &f.items};
    o.epochs = 2;
    ck_assert_int_eq(ams_link_fit(&map[0], &f.space, &f.gram, 5, &err), AMS_OK);
    ck_assert_int_eq(ams_link_fit_any(&map[1], &f.space, &f.gram, &err), AMS_OK);
    ck_assert_int_eq(ams_link_fit_networks(&map[2], &data, 3, &o, NULL, NULL, &err), AMS_OK);
    ck_assert_int_eq(ams_link_rate_map(&map[2], &f.space, &f.items, true, &err), AMS_OK);
    ck_assert_int_eq(ams_link_file_write("l.ams", &f.table, hash, &f.space, all, 3, 2, &err),
                     AMS_OK);
    ck_assert_msg(ams_link_file_read(&file, "l.ams", &err) == AMS_OK, "%s", err.text);
    ck_assert_int_eq(ams_link_file_fit_table(&file, &f.table, &err), AMS_OK);
    ck_assert_str_eq(file.data_hash, "hash");
    ck_assert_uint_eq(file.chosen, 2);
    ck_assert_ptr_eq(ams_link_file_any(&file), &file.map[1]);
    ck_assert_mem_eq(file.space.label, f.space.label,
                     f.space.n_columns * sizeof *f.space.label);
    for (uint32_t k = 0; k < 3; k++) {
        ck_assert_mem_eq(file.map[k].tau, map[k].tau, sizeof map[k].tau);
        for (uint32_t i = 0; i < f.items.n; i++) {
            memset(a, 0, sizeof a);
            memset(b, 0, sizeof b);
            ams_link_predict(&map[k], &f.items, i, 6, a);
            ams_link_predict(&file.map[k], &f.items, i, 6, b);
            ck_assert_mem_eq(a, b, sizeof a);
        }
        ams_link_map_fini(&map[k]);
    }
    ams_link_file_fini(&file);
    links_fixture_fini(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, networks_are_those_of_a_plain_training);
    tcase_add_test(tests, threads_do_not_change_a_bit);
    tcase_add_test(tests, files_hold_every_form);
}

int main(void)
{
    return run_suite("networks", add);
}
