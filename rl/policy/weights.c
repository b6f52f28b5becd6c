#include "rl/policy/weights.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INT8_MOST = 127 };

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

uint16_t ams_half_of(float x)
{
    const uint32_t sign = bits_of(x) >> 16 & 0x8000;
    const uint32_t magnitude = bits_of(x) & 0x7fffffff;
    uint32_t half;
    if (magnitude > 0x7f800000) {
        half = 0x7e00;
    } else if (magnitude >= 0x477ff000) { /* 65520, from where the nearest is infinity */
        half = 0x7c00;
    } else if (magnitude < 0x38800000) { /* below 2^-14: whole multiples of 2^-24 */
        half = (uint32_t)lrintf(float_of(magnitude) * 0x1p24F);
    } else { /* 13 bits of the fraction go, the exponent's bias falls from 127 to 15 */
        half = (magnitude + 0xfff + (magnitude >> 13 & 1) - 0x38000000) >> 13;
    }
    return (uint16_t)(sign | half);
}

float ams_half_to_float(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    const uint32_t exponent = half >> 10 & 31;
    const uint32_t fraction = half & 0x3ff;
    if (exponent == 0) {
        return float_of(sign | bits_of((float)fraction * 0x1p-24F));
    }
    return float_of(sign | (exponent == 31 ? 0x7f800000 : (exponent + 112) << 23) |
                    fraction << 13);
}

/* Of an input's weights: 16 significant bits, so that a scale times a number up to 127 is exact
 * and rounding what was rounded changes nothing. Weights that nothing could notice are 0. */
static float scale_of(const float *row, uint32_t n)
{
    float most = 0;
    for (uint32_t j = 0; j < n; j++) {
        most = fmaxf(most, fabsf(row[j]));
    }
    if (most < 0x1p-100F) {
        return 0;
    }
    uint32_t bits = bits_of(most / INT8_MOST);
    return float_of((bits & 0xff) == 0 ? bits : (bits | 0xff) + 1);
}

static bool good_scale(float scale)
{
    return scale == 0 ? bits_of(scale) == 0
                      : scale * INT8_MOST >= 0x1p-100F && scale * INT8_MOST <= 0x1p120F &&
                            (bits_of(scale) & 0xff) == 0;
}

/* Of all layers: weights, inputs (each has a scale) and outputs (each has a bias). */
typedef struct weight_counts {
    uint64_t weights, inputs, outputs;
} weight_counts;

static weight_counts count(const uint32_t *width, uint32_t n_layers)
{
    weight_counts c = {0};
    for (uint32_t k = 0; k < n_layers; k++) {
        c.weights += (uint64_t)width[k] * width[k + 1];
        c.inputs += width[k];
        c.outputs += width[k + 1];
    }
    return c;
}

static ams_status round_to_half(const float *weight, uint64_t n, uint16_t *half, ams_error *err)
{
    for (uint64_t i = 0; i < n; i++) {
        half[i] = ams_half_of(weight[i]);
        if ((half[i] & 0x7c00) == 0x7c00) {
            return ams_fail(err, AMS_BAD_DATA,
                            "a weight is %g, fp16 ends at 65504; use int8 or fp32",
                            (double)weight[i]);
        }
    }
    return AMS_OK;
}

static ams_status round_to_int8(const float *row, uint32_t n, int8_t *small, float *scale,
                                ams_error *err)
{
    *scale = scale_of(row, n);
    if (!good_scale(*scale)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "weights are beyond 2^120, where int8 ends; use fp32");
    }
    for (uint32_t j = 0; j < n; j++) {
        small[j] = (int8_t)(*scale == 0 ? 0 : lrintf(row[j] / *scale));
    }
    return AMS_OK;
}

ams_status ams_weights_add(ams_blob *blob, const ams_net *net, ams_stored stored,
                           ams_error *err)
{
    const weight_counts c = count(net->width, net->n_layers);
    const size_t each = stored == AMS_STORED_FP16 ? sizeof(uint16_t) : sizeof(int8_t);
    uint8_t *rounded = NULL;
    float *scale = NULL;
    float *bias = NULL;
    uint64_t at = 0;
    uint64_t in = 0;
    uint64_t out = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&rounded, c.weights, each, "rounded weights", err));
    AMS_TRY(ams_alloc(&scale, c.inputs, sizeof *scale, "rounded weights", err));
    AMS_TRY(ams_alloc(&bias, c.outputs, sizeof *bias, "biases", err));
    for (uint32_t k = 0; k < net->n_layers; k++) {
        const uint32_t n = net->width[k + 1];
        const float *w = net->params + net->weight[k];
        for (uint32_t i = 0; i < net->width[k]; i++, at += n, in++, w += n) {
            AMS_TRY(stored == AMS_STORED_FP16
                        ? round_to_half(w, n, (uint16_t *)(void *)rounded + at, err)
                        : round_to_int8(w, n, (int8_t *)rounded + at, &scale[in], err));
        }
        memcpy(bias + out, net->params + net->bias[k], n * sizeof *bias);
        out += n;
    }
    AMS_TRY(ams_blob_add(blob, "weights", rounded, c.weights * each, err));
    AMS_TRY(ams_blob_add(blob, "bias", bias, c.outputs * sizeof *bias, err));
    if (stored == AMS_STORED_INT8) {
        AMS_TRY(ams_blob_add(blob, "scale", scale, c.inputs * sizeof *scale, err));
    }
out:
    free(rounded);
    free(scale);
    free(bias);
    return status;
}

/* A section of exactly `size` bytes. */
static ams_status section(const ams_sections *sections, const char *tag, uint64_t size,
                          const uint8_t **data, ams_error *err)
{
    size_t found = 0;
    ams_status status = ams_sections_get(sections, tag, data, &found, err);
    if (status == AMS_OK && found != size) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: section '%s': expected %llu bytes, found %zu",
                          sections->path, tag, (unsigned long long)size, found);
    }
    return status;
}

/* Only rows as ams_weights_add writes them: then one network has one form. */
static ams_status read_int8_row(const uint8_t *data, uint32_t n, float scale, const char *path,
                                float *row, ams_error *err)
{
    int most = 0;
    for (uint32_t j = 0; j < n; j++) {
        int small = data[j] < 128 ? data[j] : data[j] - 256;
        most = abs(small) > most ? abs(small) : most;
        row[j] = (float)small * scale;
    }
    if (!good_scale(scale) || most != (scale == 0 ? 0 : INT8_MOST)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: a row of int8 weights does not fill its scale of %g", path,
                        (double)scale);
    }
    return AMS_OK;
}

static void read_half_row(const uint8_t *data, uint32_t n, float *row)
{
    for (uint32_t j = 0; j < n; j++) {
        uint16_t half;
        memcpy(&half, data + j * sizeof half, sizeof half);
        row[j] = ams_half_to_float(half);
    }
}

ams_status ams_weights_read(const ams_sections *sections, ams_stored stored,
                            const uint32_t *width, uint32_t n_layers, ams_net *net,
                            ams_error *err)
{
    const weight_counts c = count(width, n_layers);
    const size_t each = stored == AMS_STORED_FP16 ? sizeof(uint16_t) : sizeof(int8_t);
    const uint8_t *rounded = NULL;
    const uint8_t *scale = NULL; /* stays so of fp16 */
    const uint8_t *bias = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(section(sections, "weights", c.weights * each, &rounded, err));
    AMS_TRY(section(sections, "bias", c.outputs * sizeof(float), &bias, err));
    if (stored == AMS_STORED_INT8) {
        AMS_TRY(section(sections, "scale", c.inputs * sizeof(float), &scale, err));
    }
    AMS_TRY(ams_net_init_widths(net, width, n_layers, err));
    for (uint32_t k = 0; k < n_layers; k++) {
        const uint32_t n = width[k + 1];
        float *w = net->params + net->weight[k];
        for (uint32_t i = 0; i < width[k]; i++, rounded += n * each, w += n) {
            if (scale == NULL) {
                read_half_row(rounded, n, w);
                continue;
            }
            float row_scale;
            memcpy(&row_scale, scale, sizeof row_scale);
            scale += sizeof row_scale;
            AMS_TRY(read_int8_row(rounded, n, row_scale, sections->path, w, err));
        }
        memcpy(net->params + net->bias[k], bias, n * sizeof(float));
        bias += n * sizeof(float);
    }
out:
    return status;
}
