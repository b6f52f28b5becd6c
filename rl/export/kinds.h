/* The formats, and what they share. Private to rl/export/. */
#ifndef AMS_RL_EXPORT_KINDS_H
#define AMS_RL_EXPORT_KINDS_H

#include "ams/export.h"

/* Everything beside the weights that using a policy needs, as texts: lists are JSON. The keys
 * are of ONNX's metadata_props and of safetensors' __metadata__. */
enum { AMS_META_MOST = 24 };
typedef struct ams_meta {
    uint32_t n;
    const char *key[AMS_META_MOST];
    char *text[AMS_META_MOST]; /* owned */
} ams_meta;
ams_status ams_meta_init(ams_meta *meta, const ams_policy_file *policy, ams_error *err);
void ams_meta_fini(ams_meta *meta);
/* One more text, which it takes over; NULL: it could not be made of UTF-8 text. */
ams_status ams_meta_put(ams_meta *meta, const char *key, char *text, ams_error *err);

/* Appends to a blob that begins empty. */
ams_status ams_blob_put(ams_blob *blob, const void *data, size_t size, ams_error *err);
ams_status ams_blob_text(ams_blob *blob, ams_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

ams_status ams_header_write(const ams_policy_file *policy, const ams_golden *golden,
                            ams_blob *blob, ams_error *err);
/* One 0 follows the text, as ams_read_file leaves it. */
ams_status ams_header_q(const ams_blob *bytes, const ams_golden *golden, float *q,
                        ams_error *err);
ams_status ams_onnx_write(const ams_policy_file *policy, const ams_golden *golden,
                          ams_blob *blob, ams_error *err);
ams_status ams_onnx_q(const ams_blob *bytes, const ams_golden *golden, float *q,
                      ams_error *err);
ams_status ams_safetensors_write(const ams_policy_file *policy, const ams_golden *golden,
                                 ams_blob *blob, ams_error *err);
ams_status ams_safetensors_q(const ams_blob *bytes, const ams_golden *golden, float *q,
                             ams_error *err);
ams_status ams_golden_write(const ams_policy_file *policy, const ams_golden *golden,
                            ams_blob *blob, ams_error *err);
ams_status ams_golden_read_q(const ams_blob *bytes, const ams_golden *golden, float *q,
                             ams_error *err);

#endif
