/* Weights in the fewer bits of policy.ams version 2 (docs/format.md): rounded when they are
 * written, floats again when they are read. Biases stay floats. Writing what was read gives the
 * same bytes. Private to file.c and its tests. */
#ifndef AMS_RL_POLICY_WEIGHTS_H
#define AMS_RL_POLICY_WEIGHTS_H

#include "ams/policy_file.h"
#include "ams/sections.h"

/* Adds the sections `weights`, `bias` and, of int8, `scale`. `stored` is not AMS_STORED_FP32.
 * @return AMS_BAD_DATA where a weight is too large for the type. */
ams_status ams_weights_add(ams_blob *blob, const ams_net *net, ams_stored stored,
                           ams_error *err);
/* The network of these widths from the same sections. Nothing is allocated before the sections
 * are known to be as large as the widths say. @return AMS_BAD_DATA, AMS_BACKEND. */
ams_status ams_weights_read(const ams_sections *sections, ams_stored stored,
                            const uint32_t *width, uint32_t n_layers, ams_net *net,
                            ams_error *err);

/* IEEE 754 binary16, to the nearest, ties to even; beyond its range infinity. */
uint16_t ams_half_of(float x);
float ams_half_to_float(uint16_t half);

#endif
