/* The network of a policy.ams: floats, or numbers rounded to fp16 or int8 (docs/format.md). In
 * memory all are floats. */
#include "online/bytes.h"
#include "online/layers.h"

#include <math.h>

bool ams_online_floats(ams_span part, uint64_t n, float least)
{
    if (part.at == NULL || part.size != n * sizeof(float)) {
        return false;
    }
    for (uint64_t i = 0; i < n; i++) {
        float value = ams_read_float(part.at + 4 * i);
        if (!isfinite(value) || value < least) {
            return false;
        }
    }
    return true;
}

static float half_to_float(uint32_t half)
{
    const uint32_t sign = (half & 0x8000) << 16;
    const uint32_t exponent = half >> 10 & 31;
    const uint32_t fraction = half & 0x3ff;
    if (exponent == 0) { /* whole multiples of 2^-24 */
        float size = (float)fraction * 0x1p-24F;
        return sign == 0 ? size : -size;
    }
    return ams_float_of(sign | (exponent + 112) << 23 | fraction << 13);
}

static int int8_of(unsigned char byte)
{
    return byte < 128 ? byte : byte - 256;
}

/* fp32: each layer's weights, then its biases, then zeros up to a multiple of 16. */
static uint64_t count_params(const ams_online *p)
{
    uint64_t n = 0;
    for (uint32_t k = 0; k < p->n_layers; k++) {
        n += ((uint64_t)p->width[k] + 1) * p->width[k + 1];
        n = (n + 15) / 16 * 16;
    }
    return n;
}

static bool good_scale(float scale)
{
    uint32_t bits;
    memcpy(&bits, &scale, sizeof bits);
    return scale == 0
               ? bits == 0
               : scale * 127 >= 0x1p-100F && scale * 127 <= 0x1p120F && (bits & 0xff) == 0;
}

/* A row reaches 127 or -127 and never -128, or is all 0 with the scale 0. */
static bool good_int8_row(const unsigned char *row, uint32_t n, float scale)
{
    int most = 0;
    for (uint32_t j = 0; j < n; j++) {
        int size = int8_of(row[j]);
        size = size < 0 ? -size : size;
        most = size > most ? size : most;
    }
    return good_scale(scale) && most == (scale == 0 ? 0 : 127);
}

static bool good_halves(ams_span weights)
{
    for (uint64_t i = 0; i < weights.size; i += 2) {
        if ((ams_read_u16(weights.at + i) & 0x7c00) == 0x7c00) {
            return false; /* infinite or not a number */
        }
    }
    return true;
}

static bool good_int8(const ams_online *p, const ams_online_weights *from)
{
    const unsigned char *row = from->weights.at;
    const unsigned char *scale = from->scale.at;
    for (uint32_t k = 0; k < p->n_layers; k++) {
        for (uint32_t i = 0; i < p->width[k]; i++, row += p->width[k + 1], scale += 4) {
            if (!good_int8_row(row, p->width[k + 1], ams_read_float(scale))) {
                return false;
            }
        }
    }
    return true;
}

bool ams_online_check_weights(const ams_online *p, const ams_online_weights *from)
{
    uint64_t weights = 0;
    uint64_t inputs = 0;
    uint64_t outputs = 0;
    if (from->stored == AMS_ONLINE_FP32) {
        return ams_online_floats(from->weights, count_params(p), -INFINITY);
    }
    for (uint32_t k = 0; k < p->n_layers; k++) {
        weights += (uint64_t)p->width[k] * p->width[k + 1];
        inputs += p->width[k];
        outputs += p->width[k + 1];
    }
    const uint64_t each = from->stored == AMS_ONLINE_FP16 ? 2 : 1;
    if (from->weights.at == NULL || from->weights.size != weights * each ||
        !ams_online_floats(from->bias, outputs, -INFINITY)) {
        return false;
    }
    return from->stored == AMS_ONLINE_FP16
               ? good_halves(from->weights)
               : ams_online_floats(from->scale, inputs, 0) && good_int8(p, from);
}

/* Where the next numbers are. */
typedef struct weights_reader {
    uint32_t stored;
    const unsigned char *weights, *scale, *bias;
    float row_scale; /* of int8 */
} weights_reader;

static void begin_row(weights_reader *r)
{
    if (r->stored == AMS_ONLINE_INT8) {
        r->row_scale = ams_read_float(r->scale);
        r->scale += 4;
    }
}

/* The next n weights of the row. */
static void copy_row(weights_reader *r, uint32_t n, float *row)
{
    for (uint32_t j = 0; j < n; j++) {
        switch (r->stored) {
        case AMS_ONLINE_FP16:
            row[j] = half_to_float(ams_read_u16(r->weights));
            r->weights += 2;
            break;
        case AMS_ONLINE_INT8:
            row[j] = (float)int8_of(*r->weights++) * r->row_scale;
            break;
        default:
            row[j] = ams_read_float(r->weights);
            r->weights += 4;
        }
    }
}

void ams_online_copy_weights(ams_online *p, const ams_online_weights *from)
{
    const bool rounded = from->stored != AMS_ONLINE_FP32;
    weights_reader r = {from->stored, from->weights.at, from->scale.at, from->bias.at, 0};
    for (uint32_t k = 0; k < p->n_layers; k++) {
        const uint32_t in = p->width[k];
        const uint32_t heads = ams_online_heads(p, k);
        const uint32_t out = ams_online_outputs(p, k);
        const uint32_t columns = k == 0 ? out : ams_layer_stride(out);
        memset(p->weight[k], 0, (size_t)heads * in * columns * sizeof(float));
        for (uint32_t i = 0; i < in; i++) {
            begin_row(&r);
            for (uint32_t g = 0; g < heads; g++) {
                copy_row(&r, out, p->weight[k] + ((size_t)g * in + i) * columns);
            }
        }
        const unsigned char **bias = rounded ? &r.bias : &r.weights;
        for (uint32_t j = 0; j < heads * out; j++, *bias += 4) {
            p->bias[k][j] = ams_read_float(*bias);
        }
        if (!rounded) { /* the padding */
            r.weights =
                from->weights.at + ((uint64_t)(r.weights - from->weights.at) + 63) / 64 * 64;
        }
    }
}
