/* policy.safetensors: the length of a JSON header (8 bytes), the header, the numbers. */
#include "rl/export/kinds.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 8, ALIGNMENT = 64 };

/* Layer k's weights (width[k], width[k + 1]), or its biases (width[k + 1]). */
typedef struct safe_tensor {
    char name[32];
    uint64_t size; /* floats */
    uint64_t at;   /* in net->params */
} safe_tensor;

static safe_tensor tensor_of(const ams_net *net, uint32_t k, bool bias)
{
    safe_tensor t = {.size = net->width[k + 1], .at = net->bias[k]};
    snprintf(t.name, sizeof t.name, "layer%u.%s", k, bias ? "bias" : "weight");
    if (!bias) {
        t.size *= net->width[k];
        t.at = net->weight[k];
    }
    return t;
}

static json_t *shape_of(const ams_net *net, uint32_t k, bool bias)
{
    return bias ? json_pack("[i]", (int)net->width[k + 1])
                : json_pack("[i, i]", (int)net->width[k], (int)net->width[k + 1]);
}

/* Tensors lie in the order of the layers, weights before biases, without a gap. */
static char *header_of(const ams_policy_file *policy, const ams_meta *meta)
{
    json_t *root = json_object();
    json_t *texts = json_object();
    json_int_t offset = 0;
    for (uint32_t i = 0; i < meta->n; i++) {
        json_object_set_new(texts, meta->key[i], json_string(meta->text[i]));
    }
    json_object_set_new(root, "__metadata__", texts);
    for (uint32_t i = 0; i < 2 * policy->net.n_layers; i++) {
        safe_tensor t = tensor_of(&policy->net, i / 2, i % 2 == 1);
        json_int_t end = offset + (json_int_t)(t.size * sizeof(float));
        json_object_set_new(root, t.name,
                            json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape",
                                      shape_of(&policy->net, i / 2, i % 2 == 1), "data_offsets",
                                      offset, end));
        offset = end;
    }
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}

ams_status ams_safetensors_write(const ams_policy_file *policy, const ams_golden *golden,
                                 ams_blob *blob, ams_error *err)
{
    static const char spaces[ALIGNMENT] = "                                "
                                          "                               ";
    ams_meta meta;
    char *header = NULL;
    ams_status status = AMS_OK;
    (void)golden;
    AMS_TRY(ams_meta_init(&meta, policy, err));
    header = header_of(policy, &meta);
    if (header == NULL) {
        status = ams_fail(err, AMS_BACKEND, "out of memory for a safetensors header");
        goto out;
    }
    uint64_t length = strlen(header);
    uint64_t fill = ALIGNMENT - 1 - (LENGTH + length + ALIGNMENT - 1) % ALIGNMENT;
    uint64_t padded = length + fill;
    AMS_TRY(ams_blob_put(blob, &padded, sizeof padded, err));
    AMS_TRY(ams_blob_put(blob, header, length, err));
    AMS_TRY(ams_blob_put(blob, spaces, fill, err));
    for (uint32_t i = 0; i < 2 * policy->net.n_layers; i++) {
        safe_tensor t = tensor_of(&policy->net, i / 2, i % 2 == 1);
        AMS_TRY(ams_blob_put(blob, policy->net.params + t.at, t.size * sizeof(float), err));
    }
out:
    free(header);
    ams_meta_fini(&meta);
    return status;
}

static ams_status bad(const char *field, const char *expected, const json_t *value,
                      ams_error *err)
{
    char found[AMS_JSON_FOUND];
    return ams_fail(err, AMS_BAD_DATA, "policy.safetensors: tensor '%s': expected %s, found %s",
                    field, expected, ams_json_found(value, found));
}

/* The shapes of layer0.weight, layer1.weight, ... */
static ams_status read_widths(const json_t *root, uint32_t width[AMS_MAX_LAYERS + 1],
                              uint32_t *n_layers, ams_error *err)
{
    char name[32];
    *n_layers = 0;
    for (uint32_t k = 0; k < AMS_MAX_LAYERS; k++) {
        json_int_t in = 0;
        json_int_t out = 0;
        snprintf(name, sizeof name, "layer%u.weight", k);
        json_t *entry = json_object_get(root, name);
        if (entry == NULL) {
            break;
        }
        if (json_unpack(entry, "{s:[I, I!]}", "shape", &in, &out) != 0 || in < 0 || out <= 0 ||
            in > INT32_MAX || out > INT32_MAX || (k > 0 && (uint32_t)in != width[k])) {
            return bad(name, "a shape of two sizes that fits the layer before", entry, err);
        }
        width[k] = (uint32_t)in;
        width[k + 1] = (uint32_t)out;
        *n_layers = k + 1;
    }
    return *n_layers == 0 ? bad("layer0.weight", "it to be there", NULL, err) : AMS_OK;
}

static ams_status read_tensor(const json_t *root, const safe_tensor *t, const uint8_t *data,
                              uint64_t size, float *target, ams_error *err)
{
    const char *type = NULL;
    json_int_t begin = 0;
    json_int_t end = 0;
    json_t *entry = json_object_get(root, t->name);
    if (json_unpack(entry, "{s:s, s:[I, I!]}", "dtype", &type, "data_offsets", &begin, &end) !=
            0 ||
        strcmp(type, "F32") != 0 || begin < 0 || end < begin || (uint64_t)end > size ||
        (uint64_t)(end - begin) != t->size * sizeof(float)) {
        return bad(t->name, "type F32 and a place of its size within the file", entry, err);
    }
    memcpy(target, data + begin, (size_t)(end - begin));
    return AMS_OK;
}

ams_status ams_safetensors_q(const ams_blob *bytes, const ams_golden *golden, float *q,
                             ams_error *err)
{
    ams_net net = {0};
    uint64_t length = 0;
    uint32_t width[AMS_MAX_LAYERS + 1];
    uint32_t n_layers = 0;
    json_t *root = NULL;
    json_error_t reason;
    ams_status status = AMS_OK;
    if (bytes->size < LENGTH) {
        return ams_fail(err, AMS_BAD_DATA,
                        "policy.safetensors: expected the length of its header in 8 bytes, "
                        "found %zu",
                        bytes->size);
    }
    memcpy(&length, bytes->data, LENGTH);
    if (length > bytes->size - LENGTH) {
        return ams_fail(err, AMS_BAD_DATA,
                        "policy.safetensors: expected a header of at most %zu bytes, found "
                        "%llu",
                        bytes->size - LENGTH, (unsigned long long)length);
    }
    root = json_loadb((const char *)bytes->data + LENGTH, length, 0, &reason);
    if (root == NULL) {
        char found[AMS_JSON_FOUND];
        return ams_fail(err, AMS_BAD_DATA,
                        "policy.safetensors: expected a header in JSON, found %s",
                        ams_json_broken(&reason, found));
    }
    AMS_TRY(read_widths(root, width, &n_layers, err));
    AMS_TRY(ams_net_init_widths(&net, width, n_layers, err));
    net.dueling = width[n_layers] == golden->n_actions + 1;
    net.heads = golden->heads > 0 && width[n_layers] % golden->n_actions == 0
                    ? width[n_layers] / golden->n_actions
                    : 0;
    for (uint32_t i = 0; i < 2 * n_layers; i++) {
        safe_tensor t = tensor_of(&net, i / 2, i % 2 == 1);
        AMS_TRY(read_tensor(root, &t, bytes->data + LENGTH + length,
                            bytes->size - LENGTH - length, net.params + t.at, err));
    }
    AMS_TRY(ams_golden_forward(golden, &net, q, err));
out:
    ams_net_fini(&net);
    json_decref(root);
    return status;
}
