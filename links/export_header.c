/* links.h: layers as arrays, and the few lines of C99 that compute them. */
#include "links/export.h"

#include "base/memory.h"
#include "rl/export/kinds.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { A_LINE = 8, QUOTED = 1000 };

static const char COLUMN[] =
    "/* An input or output: what `model` says of `label`. Besides names of labels there are\n"
    " * \"other\", its greatest confidence among labels that are not listed; \"none\", of a\n"
    " * model with one label or none what its confidences lack to 1; and \"ran\", 1 if it "
    "ran.\n"
    " * An output is predicted where it is above `threshold`; `kind` 0: any number of labels,\n"
    " * 1: only the largest output of the model, 2: a number, as it is. Never \"other\" or\n"
    " * \"none\". The threshold of an input is that of valuable labels: bits are 1 above it. "
    "*/\n"
    "typedef struct ams_links_column {\n    const char *model, *label;\n    double threshold;\n"
    "    int kind;\n} ams_links_column;\n\n";

static const char LAYERS[] =
    "/* x W + b, with max(x, 0) between layers; then 1: a sigmoid, 2: a softmax, 0: nothing. "
    "*/\n"
    "typedef struct ams_links_layer {\n    int in, out;\n    const float *w, *b;\n"
    "} ams_links_layer;\ntypedef struct ams_links_block {\n    int first, layers, activation;\n"
    "    ams_links_layer layer[2];\n} ams_links_block;\n";

static const char CODE[] =
    "\nstatic inline void ams_links_dense(const ams_links_layer *l, const float *x, float *y)\n"
    "{\n    int i, k;\n    for (k = 0; k < l->out; k++) {\n        y[k] = l->b[k];\n    }\n"
    "    for (i = 0; i < l->in; i++) {\n"
    "        const float *w = l->w + (unsigned long)i * (unsigned long)l->out;\n"
    "        for (k = 0; x[i] != 0 && k < l->out; k++) {\n            y[k] += x[i] * w[k];\n"
    "        }\n    }\n}\n\n"
    "static inline void ams_links_activate(int activation, float *y, int n)\n"
    "{\n    int k;\n    float most = y[0];\n    float sum = 0;\n"
    "    for (k = 0; activation == 1 && k < n; k++) {\n"
    "        y[k] = 1 / (1 + expf(-y[k]));\n    }\n"
    "    for (k = 1; activation == 2 && k < n; k++) {\n"
    "        most = y[k] > most ? y[k] : most;\n    }\n"
    "    for (k = 0; activation == 2 && k < n; k++) {\n"
    "        y[k] = expf(y[k] - most);\n        sum += y[k];\n    }\n"
    "    for (k = 0; activation == 2 && k < n; k++) {\n        y[k] /= sum;\n    }\n}\n\n"
    "/* y (AMS_LINKS_OUTPUTS): the outputs of the models that did not run, from x\n"
    " * (AMS_LINKS_INPUTS), those of the ones that did; 0 where a model did not find a label. "
    "*/\n"
    "static inline void ams_links_predict(const float *x, float *y)\n"
    "{\n    float hidden[AMS_LINKS_HIDDEN];\n    int i;\n"
    "    for (i = 0; i < AMS_LINKS_BLOCKS; i++) {\n"
    "        const ams_links_block *b = &ams_links_block_of[i];\n"
    "        float *out = y + b->first;\n        const float *in = x;\n        int k;\n"
    "        for (k = 0; k < b->layers; k++) {\n"
    "            float *to = k + 1 < b->layers ? hidden : out;\n            int h;\n"
    "            ams_links_dense(&b->layer[k], in, to);\n"
    "            for (h = 0; to == hidden && h < b->layer[k].out; h++) {\n"
    "                to[h] = to[h] > 0 ? to[h] : 0;\n            }\n            in = to;\n"
    "        }\n        ams_links_activate(b->activation, out, b->layer[b->layers - 1].out);\n"
    "    }\n}\n\n#endif\n";

/* Names are free text: what is not plain is written as an octal escape. */
static void quote(const char *text, char out[QUOTED])
{
    size_t n = 0;
    out[n++] = '"';
    for (; *text != '\0' && n < QUOTED - 6; text++) {
        const unsigned char c = (unsigned char)*text;
        if (isalnum(c) || strchr(" -_=,.:/+()", c) != NULL) {
            out[n++] = (char)c;
        } else {
            n += (size_t)snprintf(out + n, 5, "\\%03o", c);
        }
    }
    out[n++] = '"';
    out[n] = '\0';
}

/* A threshold of an input is where it is valuable, of an output where it is predicted. */
static ams_status put_columns(const ams_link_graph *g, const char *name, const uint32_t *column,
                              uint32_t n, ams_blob *blob, ams_error *err)
{
    char model[QUOTED];
    char label[QUOTED];
    ams_status status = AMS_OK;
    AMS_TRY(ams_blob_text(blob, err, "static const ams_links_column %s[%u] = {\n", name, n));
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t m = ams_link_graph_model(g, column[i]);
        quote(ams_names_get(&g->file->model_name, m), model);
        quote(ams_link_graph_label(g, column[i]), label);
        AMS_TRY(ams_blob_text(blob, err, "    {%s, ", model));
        AMS_TRY(ams_blob_text(blob, err, "%s, %.17g, %d},\n", label,
                              column == g->output ? g->map->tau[m]
                                                  : (double)g->file->space.threshold[m],
                              g->file->space.kind[m]));
    }
    status = ams_blob_text(blob, err, "};\n\n");
out:
    return status;
}

static ams_status put_floats(char kind, uint32_t index, const float *value, size_t n,
                             ams_blob *blob, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_blob_text(blob, err, "static const float ams_links_%c%u[] = {\n", kind, index));
    for (size_t at = 0; at < n; at += A_LINE) {
        char line[A_LINE * 20 + 2];
        size_t used = 0;
        for (size_t i = at; i < n && i < at + A_LINE; i++) {
            used +=
                (size_t)snprintf(line + used, sizeof line - used, "%.8eF,", (double)value[i]);
        }
        line[used++] = '\n';
        AMS_TRY(ams_blob_put(blob, line, used, err));
    }
    status = ams_blob_text(blob, err, "};\n");
out:
    return status;
}

static ams_status put_blocks(const ams_link_graph *g, ams_blob *blob, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < g->n_blocks; i++) {
        for (uint32_t k = 0; k < g->block[i].n_layers; k++) {
            const ams_link_layer *l = &g->block[i].layer[k];
            AMS_TRY(put_floats('w', 2 * i + k, l->w, (size_t)l->in * l->out, blob, err));
            AMS_TRY(put_floats('b', 2 * i + k, l->b, l->out, blob, err));
        }
    }
    AMS_TRY(ams_blob_text(
        blob, err, "static const ams_links_block ams_links_block_of[%u] = {\n", g->n_blocks));
    for (uint32_t i = 0; i < g->n_blocks; i++) {
        const ams_link_block *b = &g->block[i];
        AMS_TRY(ams_blob_text(blob, err, "    {%u, %u, %d,\n     {", b->first, b->n_layers,
                              (int)b->activation));
        for (uint32_t k = 0; k < 2; k++) {
            const ams_link_layer *l = &b->layer[k];
            AMS_TRY(k < b->n_layers
                        ? ams_blob_text(blob, err, "{%u, %u, ams_links_w%u, ams_links_b%u}, ",
                                        l->in, l->out, 2 * i + k, 2 * i + k)
                        : ams_blob_text(blob, err, "{0, 0, 0, 0}"));
        }
        AMS_TRY(ams_blob_text(blob, err, "}},\n"));
    }
    status = ams_blob_text(blob, err, "};\n");
out:
    return status;
}

static uint32_t widest_hidden(const ams_link_graph *g)
{
    uint32_t most = 1;
    for (uint32_t i = 0; i < g->n_blocks; i++) {
        const ams_link_block *b = &g->block[i];
        most = b->n_layers > 1 && b->layer[0].out > most ? b->layer[0].out : most;
    }
    return most;
}

ams_status ams_link_header_write(const ams_link_graph *g, const ams_golden *golden,
                                 ams_blob *blob, ams_error *err)
{
    const ams_link_options *o = &g->file->space.options;
    ams_status status = AMS_OK;
    (void)golden;
    AMS_TRY(ams_blob_text(
        blob, err,
        "/* Links between outputs of models, written by `ams export`, for C99 and C++; needs "
        "-lm.\n"
        " * Inputs are %s of labels, outputs are %s. Data %s. */\n"
        "#ifndef AMS_LINKS_H\n#define AMS_LINKS_H\n\n#include <math.h>\n\n"
        "enum { AMS_LINKS_INPUTS = %u, AMS_LINKS_OUTPUTS = %u, AMS_LINKS_BLOCKS = %u,\n"
        "       AMS_LINKS_HIDDEN = %u };\n\n",
        o->features == AMS_LINK_BITS ? "bits (1 above the model's valuable threshold)"
                                     : "confidences",
        o->targets == AMS_LINK_BITS ? "chances" : "confidences", g->file->data_hash,
        g->n_inputs, g->n_outputs, g->n_blocks, widest_hidden(g)));
    AMS_TRY(ams_blob_put(blob, COLUMN, sizeof COLUMN - 1, err));
    AMS_TRY(put_columns(g, "ams_links_input", g->input, g->n_inputs, blob, err));
    AMS_TRY(put_columns(g, "ams_links_output", g->output, g->n_outputs, blob, err));
    AMS_TRY(ams_blob_put(blob, LAYERS, sizeof LAYERS - 1, err));
    AMS_TRY(put_blocks(g, blob, err));
    status = ams_blob_put(blob, CODE, sizeof CODE - 1, err);
out:
    return status;
}

/* -- reading it back -- */

static ams_status bad(ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA,
                    "links.h: expected arrays of links and the code that computes them, found "
                    "no such");
}

/* n numbers of the array ams_links_KINDindex. */
static ams_status read_floats(const ams_blob *text, char kind, unsigned index, size_t n,
                              double **value, ams_error *err)
{
    char head[64];
    ams_status status = AMS_OK;
    const int length = snprintf(head, sizeof head, "ams_links_%c%u[] = {\n", kind, index);
    const char *at = memmem(text->data, text->size, head, (size_t)length);
    char *end = NULL;
    *value = NULL;
    if (at == NULL || n > text->size) {
        return bad(err);
    }
    AMS_TRY(ams_alloc(value, n, sizeof **value, "links", err));
    at += length;
    for (size_t i = 0; i < n; i++, at = end + 2) {
        (*value)[i] = strtod(at, &end);
        if (end == at || end[0] != 'F' || end[1] != ',') {
            return bad(err);
        }
    }
    status = strncmp(at, "\n};\n", 4) == 0 ? AMS_OK : bad(err);
out:
    return status;
}

/* One more layer on x (B, in), in double precision: y (B, out), owned by the caller. */
static ams_status run_layer(const ams_blob *text, unsigned index, const unsigned size[2],
                            const double *x, double **y, ams_error *err)
{
    double *w = NULL;
    double *b = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(read_floats(text, 'w', index, (size_t)size[0] * size[1], &w, err));
    AMS_TRY(read_floats(text, 'b', index, size[1], &b, err));
    AMS_TRY(
        ams_alloc(y, (size_t)AMS_GOLDEN_STATES * size[1], sizeof **y, "golden inputs", err));
    for (size_t s = 0; s < AMS_GOLDEN_STATES; s++) {
        double *to = *y + s * size[1];
        memcpy(to, b, size[1] * sizeof *to);
        for (size_t i = 0; i < size[0]; i++) {
            const double factor = x[s * size[0] + i];
            for (size_t k = 0; factor != 0 && k < size[1]; k++) {
                to[k] += factor * w[i * size[1] + k];
            }
        }
    }
out:
    free(w);
    free(b);
    return status;
}

static void activate(unsigned activation, double *y, unsigned n)
{
    double most = y[0];
    double sum = 0;
    for (unsigned k = 0; k < n; k++) {
        most = fmax(most, y[k]);
    }
    for (unsigned k = 0; activation != AMS_LINK_LINEAR && k < n; k++) {
        y[k] = activation == AMS_LINK_SIGMOID ? 1 / (1 + exp(-y[k])) : exp(y[k] - most);
        sum += y[k];
    }
    for (unsigned k = 0; activation == AMS_LINK_SOFTMAX && k < n; k++) {
        y[k] /= sum;
    }
}

/* Whether that text is at *at, after white space; *at moves past it. */
static bool skips(const char **at, const char *text)
{
    const size_t length = strlen(text);
    *at += strspn(*at, " \n");
    if (strncmp(*at, text, length) != 0) {
        return false;
    }
    *at += length;
    return true;
}

/* That text, then a whole number; *at moves past both. */
static bool takes(const char **at, const char *text, unsigned *number)
{
    char *end = NULL;
    if (!skips(at, text) || !isdigit((unsigned char)(*at)[strspn(*at, " ")])) {
        return false;
    }
    const unsigned long value = strtoul(*at, &end, 10);
    *at = end;
    *number = (unsigned)value;
    return value <= UINT_MAX;
}

/* The block at *at, a line of the table, into its columns of q; *at moves past it. */
static ams_status run_block(const ams_blob *text, const char **at, const double *x,
                            const ams_golden *golden, float *q, ams_error *err)
{
    unsigned first = 0;
    unsigned layers = 0;
    unsigned activation = 0;
    unsigned inputs = golden->x.columns;
    double *y = NULL;
    ams_status status = AMS_OK;
    if (!takes(at, "{", &first) || !takes(at, ",", &layers) || !takes(at, ",", &activation) ||
        !skips(at, ",") || !skips(at, "{") || layers < 1 || layers > 2 ||
        activation > AMS_LINK_SOFTMAX) {
        return bad(err);
    }
    for (unsigned k = 0; k < layers; k++) {
        unsigned size[2];
        unsigned index[2];
        double *next = NULL;
        if (!takes(at, "{", &size[0]) || !takes(at, ",", &size[1]) ||
            !takes(at, ", ams_links_w", &index[0]) || !takes(at, ", ams_links_b", &index[1]) ||
            !skips(at, "},") || size[0] != inputs || index[0] != index[1] || size[1] == 0) {
            status = bad(err);
            goto out;
        }
        AMS_TRY(run_layer(text, index[0], size, y == NULL ? x : y, &next, err));
        free(y);
        y = next;
        inputs = size[1];
        for (size_t i = 0; k + 1 < layers && i < (size_t)AMS_GOLDEN_STATES * inputs; i++) {
            y[i] = fmax(y[i], 0);
        }
    }
    const char *end = strchr(*at, '\n');
    if (end == NULL || inputs > golden->n_actions || first > golden->n_actions - inputs) {
        status = bad(err);
        goto out;
    }
    *at = end;
    for (size_t s = 0; s < AMS_GOLDEN_STATES; s++) {
        activate(activation, y + s * inputs, inputs);
        for (size_t k = 0; k < inputs; k++) {
            q[s * golden->n_actions + first + k] = (float)y[s * inputs + k];
        }
    }
out:
    free(y);
    return status;
}

ams_status ams_link_header_read(const ams_blob *bytes, const ams_golden *golden, float *q,
                                ams_error *err)
{
    static const char TABLE[] = "ams_links_block_of[";
    const ams_sparse *s = &golden->x;
    double *x = NULL;
    ams_status status = AMS_OK;
    char *end = NULL;
    const char *at = memmem(bytes->data, bytes->size, TABLE, sizeof TABLE - 1);
    if (at == NULL || bytes->size < sizeof CODE - 1 ||
        memcmp(bytes->data + bytes->size - (sizeof CODE - 1), CODE, sizeof CODE - 1) != 0) {
        return bad(err);
    }
    const unsigned long n = strtoul(at + sizeof TABLE - 1, &end, 10);
    if (strncmp(end, "] = {\n", 6) != 0 || n > AMS_MAX_MODELS) {
        return bad(err);
    }
    AMS_TRY(ams_alloc(&x, (size_t)s->n * s->columns, sizeof *x, "golden inputs", err));
    for (uint32_t b = 0; b < s->n; b++) {
        for (uint32_t i = s->ptr[b]; i < s->ptr[b + 1]; i++) {
            x[(size_t)b * s->columns + s->index[i]] = (double)s->value[i];
        }
    }
    for (uint32_t k = 0; k < golden->n_actions * s->n; k++) {
        q[k] = NAN; /* what no block has */
    }
    at = end + 6;
    for (unsigned long i = 0; i < n; i++) {
        AMS_TRY(run_block(bytes, &at, x, golden, q, err));
    }
    status = strncmp(at, "\n};\n", 4) == 0 ? AMS_OK : bad(err);
out:
    free(x);
    return status;
}
