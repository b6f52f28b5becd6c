#include "cuda/products.h"
#include "cuda/sizes.h"

static uint64_t next_states(const ams_view *v)
{
    if (v->options.gamma == 0) {
        return 0;
    }
    return (uint64_t)v->batch * (v->options.targets == AMS_TARGETS_ALL ? v->env.n_actions : 1);
}

bool ams_wide_pays(const ams_view *v)
{
    const double next = (double)next_states(v);
    const double states = next > v->batch ? next : v->batch;
    double weights = 0;
    for (uint32_t k = 1; k < v->n_layers; k++) {
        weights += (double)v->width[k] * v->width[k + 1];
    }
    return v->options.precision != AMS_PRECISION_FP32 ||
           states * weights >= AMS_SIZES.wide_work;
}

uint32_t ams_wide_rows(const ams_view *v, uint64_t most_bytes)
{
    const uint64_t all = next_states(v);
    uint64_t widest = 1;
    if (v->options.targets != AMS_TARGETS_ALL) {
        return (uint32_t)all; /* LOSS asks for those of all samples at once */
    }
    for (uint32_t k = 1; k < v->n_layers; k++) {
        widest = v->width[k] > widest ? v->width[k] : widest;
    }
    uint64_t most = most_bytes / (widest * sizeof(float));
    const uint64_t least = (all + AMS_MOST_PARTS - 1) / AMS_MOST_PARTS;
    most = most > least ? most : least;
    return (uint32_t)(all < most ? all : most);
}

/* -- the schedule -- */

static uint32_t blocks_of(uint64_t n, uint32_t each)
{
    return (uint32_t)((n + each - 1) / each);
}

/* From the states' features to the products of the last layer, which lack their biases. */
static uint32_t pass_forward(const ams_view *v, ams_pass pass, ams_launch *launch)
{
    uint32_t n = 0;
    launch[n++] = (ams_launch){AMS_WORK_FIRST, pass.rows, pass};
    for (pass.layer = 1; pass.layer < v->n_layers; pass.layer++) {
        const uint64_t units = (uint64_t)pass.rows * v->width[pass.layer + 1];
        launch[n++] = (ams_launch){AMS_WORK_FORWARD, 1, pass};
        if (pass.layer + 1 < v->n_layers) {
            launch[n++] =
                (ams_launch){AMS_WORK_ACTIVATE, blocks_of(units, AMS_WIDE_BLOCK), pass};
        }
    }
    return n;
}

static uint32_t pass_backward(const ams_view *v, ams_pass pass, ams_launch *launch)
{
    uint32_t n = 0;
    for (pass.layer = v->n_layers - 1; pass.layer > 0;) {
        launch[n++] = (ams_launch){AMS_WORK_BACKWARD, 1, pass};
        pass.layer--;
        const uint64_t units = (uint64_t)pass.rows * v->width[pass.layer + 1];
        launch[n++] = (ams_launch){AMS_WORK_SLOPE, blocks_of(units, AMS_WIDE_BLOCK), pass};
    }
    return n;
}

/* What the next states are worth, part by part. */
static uint32_t pass_next(const ams_view *v, ams_launch *launch)
{
    const uint64_t all = next_states(v);
    uint32_t n = 0;
    for (uint64_t first = 0; first < all; first += v->next_rows) {
        ams_pass pass = {.states = AMS_STATES_NEXT, .target = 1, .first = first};
        pass.rows = (uint32_t)(all - first < v->next_rows ? all - first : v->next_rows);
        n += pass_forward(v, pass, launch + n);
        if (v->bootstrap == AMS_BOOTSTRAP_CHOICE) {
            pass.target = 0;
            n += pass_forward(v, pass, launch + n);
        }
        if (v->options.targets == AMS_TARGETS_ALL) {
            launch[n++] = (ams_launch){AMS_WORK_VALUE, pass.rows, pass};
        }
    }
    return n;
}

uint32_t ams_wide_schedule(const ams_view *v, ams_launch *launch)
{
    const ams_pass drawn = {.states = AMS_STATES_DRAWN, .rows = v->batch};
    const uint32_t units = ams_units_before(v, v->n_layers);
    uint32_t n = pass_next(v, launch);
    n += pass_forward(v, drawn, launch + n);
    launch[n++] = (ams_launch){AMS_WORK_LOSS, v->batch, drawn};
    n += pass_backward(v, drawn, launch + n);
    launch[n++] =
        (ams_launch){AMS_WORK_BIAS, AMS_SUM_PARTS * blocks_of(units, AMS_WIDE_UNITS), drawn};
    return n;
}

/* -- the products -- */

/* y (R, O) = x (R, I) W (I, O) */
static ams_product forward(const ams_view *v, const ams_pass *pass)
{
    const uint32_t k = pass->layer;
    const uint32_t in = v->width[k];
    const uint32_t out = v->width[k + 1];
    return (ams_product){.m = out,
                         .n = pass->rows,
                         .k = in,
                         .a = ams_pass_params(v, pass) + v->weight[k],
                         .lda = out,
                         .b = ams_pass_units(v, pass, k - 1),
                         .ldb = in,
                         .c = ams_pass_units(v, pass, k),
                         .ldc = out};
}

/* dx (B, I) = dy (B, O) W^T (O, I) */
static ams_product backward(const ams_view *v, uint32_t k)
{
    const uint32_t in = v->width[k];
    const uint32_t out = v->width[k + 1];
    return (ams_product){.transpose_a = true,
                         .m = in,
                         .n = v->batch,
                         .k = out,
                         .a = v->online + v->weight[k],
                         .lda = out,
                         .b = v->slope[k],
                         .ldb = out,
                         .c = v->slope[k - 1],
                         .ldc = in};
}

/* dW (I, O) = x^T (I, B) dy (B, O) */
static ams_product gradient(const ams_view *v, uint32_t k)
{
    const uint32_t in = v->width[k];
    const uint32_t out = v->width[k + 1];
    return (ams_product){.transpose_b = true,
                         .m = out,
                         .n = in,
                         .k = v->batch,
                         .a = v->slope[k],
                         .lda = out,
                         .b = v->out[k - 1],
                         .ldb = in,
                         .c = v->gradient + v->weight[k],
                         .ldc = out};
}

uint32_t ams_products(const ams_view *v, const ams_launch *launch,
                      ams_product product[AMS_MAX_LAYERS])
{
    uint32_t n = 0;
    if (launch->work == AMS_WORK_FORWARD) {
        product[n++] = forward(v, &launch->pass);
    } else if (launch->work == AMS_WORK_BACKWARD) {
        product[n++] = backward(v, launch->pass.layer);
    }
    for (uint32_t k = 1; launch->work == AMS_WORK_GEMM && k < v->n_layers; k++) {
        product[n++] = gradient(v, k);
    }
    return n;
}
