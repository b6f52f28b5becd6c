/* A trained policy in files that other programs read, each verified on golden states before it
 * takes its name. Equal policies give equal bytes. Formats: docs/format.md, "Exports".
 *
 * F features, A = M + 1 actions (the last is END), B golden states. */
#ifndef AMS_EXPORT_H
#define AMS_EXPORT_H

#include "ams/policy_file.h"
#include "ams/sections.h"
#include "ams/sparse.h"

#ifdef __cplusplus
extern "C" {
#endif

/* States, drawn by a fixed seed from what the policy's features can be, and the framework's Q:
 * the first has no feature, then 1 to 64 labels and any models each. */
enum { AMS_GOLDEN_STATES = 256, AMS_GOLDEN_LABELS = 64 };
typedef struct ams_golden {
    ams_sparse x;   /* x.head: the output head that a state asks */
    uint32_t heads; /* of the network; 0: one, which nobody has to ask for */
    float *q;       /* (B, A) */
    float largest_q;
    uint32_t n_actions;
} ams_golden;
/* Features of a state as other programs are given it: with output heads one more per head,
 * after the network's inputs, of which that of x.head is 1. */
static inline uint32_t ams_golden_features(const ams_golden *golden)
{
    return golden->x.columns + golden->heads;
}
ams_status ams_golden_init(ams_golden *golden, const ams_policy_file *policy, ams_error *err);
void ams_golden_fini(ams_golden *golden);
/* The framework's Q (B, A) of any network with the same inputs and actions. */
ams_status ams_golden_forward(const ams_golden *golden, const ams_net *net, float *q,
                              ams_error *err);

typedef struct ams_export_kind {
    const char *name; /* "onnx" */
    const char *file; /* "policy.onnx" */
    const char *help;
    bool rounds; /* holds the weights as policy->stored says; the others are fp32 */
    /* The file's bytes, for the caller to ams_blob_fini() also on failure. AMS_BACKEND where
     * this program was built without what the format needs. */
    ams_status (*write)(const ams_policy_file *policy, const ams_golden *golden, ams_blob *blob,
                        ams_error *err);
    /* Q (B, A) of what stands in those bytes, by nothing else than them; one 0 follows
     * them, as ams_read_file leaves it. AMS_BAD_DATA, AMS_BACKEND. */
    ams_status (*q)(const ams_blob *bytes, const ams_golden *golden, float *q, ams_error *err);
} ams_export_kind;
extern const ams_export_kind ams_export_kinds[];
extern const size_t ams_n_export_kinds;

typedef struct ams_export_report {
    size_t bytes;
    double difference; /* largest |Q - framework's Q| over all states and actions */
    double allowed;    /* tolerance x the larger of 1 and the largest |Q| */
} ams_export_report;

/* Writes `path` beside itself, reads it back, compares, and only then gives it its name. golden
 * is of the policy with its weights as the file holds them. @return AMS_DIFFERS past what is
 * allowed (nothing is left, an older file stays), AMS_IO, AMS_BAD_DATA, AMS_BACKEND. */
ams_status ams_export_write(const ams_export_kind *kind, const ams_policy_file *policy,
                            const ams_golden *golden, const char *path, double tolerance,
                            ams_export_report *report, ams_error *err);

/* The same of bytes that were made elsewhere, and read as ams_export_kind.q does. */
ams_status ams_export_keep(const ams_blob *blob,
                           ams_status (*read)(const ams_blob *bytes, const ams_golden *golden,
                                              float *q, ams_error *err),
                           const ams_golden *golden, const char *path, double tolerance,
                           ams_export_report *report, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
