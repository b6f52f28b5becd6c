#include "ams/net.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How many inputs are on at once, for the fan-in of the first layer: some tens of labels out of
 * thousands (fast-training measurements: 20 to 60 a state). The true fan-in F would start the
 * hidden units so small that learning takes off thousands of updates later. */
static const double EXPECTED_ONES = 32;

ams_status ams_net_init_widths(ams_net *net, const uint32_t *width, uint32_t n_layers,
                               ams_error *err)
{
    *net = (ams_net){.n_layers = n_layers};
    memcpy(net->width, width, (n_layers + 1) * sizeof *width);
    for (uint32_t k = 0; k < n_layers; k++) {
        net->weight[k] = net->n_params;
        net->n_params += (uint64_t)width[k] * width[k + 1];
        net->bias[k] = net->n_params;
        net->n_params += width[k + 1];
        /* Each layer begins on a cache line. */
        net->n_params = (net->n_params + 15) / 16 * 16;
    }
    return ams_alloc(&net->params, net->n_params, sizeof *net->params, "network weights", err);
}

bool ams_net_parse_hidden(const char *text, uint32_t width[AMS_MAX_LAYERS - 1], uint32_t *n)
{
    uint32_t units[AMS_MAX_LAYERS - 1];
    uint32_t layers = 0;
    for (bool more = true; more; layers++) {
        char part[16];
        uint64_t value = 0;
        const size_t length = strcspn(text, "x");
        if (layers == AMS_MAX_LAYERS - 1 || length >= sizeof part) {
            return false;
        }
        memcpy(part, text, length);
        part[length] = '\0';
        if (!ams_parse_u64(part, &value) || value == 0 || value > AMS_MAX_UNITS) {
            return false;
        }
        units[layers] = (uint32_t)value;
        more = text[length] != '\0';
        text += length + 1;
    }
    memcpy(width, units, layers * sizeof *units);
    *n = layers;
    return true;
}

ams_status ams_net_init_hidden(ams_net *net, uint32_t inputs, const uint32_t *hidden,
                               uint32_t n_hidden, uint32_t outputs, ams_error *err)
{
    uint32_t width[AMS_MAX_LAYERS + 1] = {inputs};
    memcpy(width + 1, hidden, n_hidden * sizeof *hidden);
    width[n_hidden + 1] = outputs;
    return ams_net_init_widths(net, width, n_hidden + 1, err);
}

ams_status ams_net_init(ams_net *net, uint32_t inputs, const char *hidden, uint32_t outputs,
                        ams_error *err)
{
    uint32_t width[AMS_MAX_LAYERS - 1];
    uint32_t n = 0;
    *net = (ams_net){0};
    if (!ams_net_parse_hidden(hidden, width, &n)) {
        return ams_fail(err, AMS_USAGE,
                        "hidden: expected one to %d layers of 1 to %d units as in 256 or "
                        "256x128; found '%s'",
                        AMS_MAX_LAYERS - 1, AMS_MAX_UNITS, hidden);
    }
    return ams_net_init_hidden(net, inputs, width, n, outputs, err);
}

void ams_net_fini(ams_net *net)
{
    free(net->params);
    *net = (ams_net){0};
}

void ams_net_randomize(ams_net *net, uint64_t seed)
{
    memset(net->params, 0, net->n_params * sizeof *net->params);
    for (uint32_t k = 0; k < net->n_layers; k++) {
        double fan_in = k == 0 ? fmin(EXPECTED_ONES, net->width[0]) : net->width[k];
        bool last = k + 1 == net->n_layers;
        /* He et al. 2015 before a ReLU; a tenth of it at the output, so that Q starts near 0.
         */
        double limit = sqrt(6.0 / fan_in) * (last ? 0.1 : 1.0);
        uint64_t count = (uint64_t)net->width[k] * net->width[k + 1];
        for (uint64_t i = 0; i < count; i++) {
            uint32_t words[4];
            ams_philox(seed, AMS_STREAM_INIT, net->weight[k] + i, words);
            net->params[net->weight[k] + i] = (float)(limit * (2 * ams_unit(words[0]) - 1));
        }
    }
}
