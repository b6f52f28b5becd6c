/* Reads numbers from a file's bytes: little-endian on any machine, at any address. Private to
 * online/. */
#ifndef AMS_ONLINE_BYTES_H
#define AMS_ONLINE_BYTES_H

#include "online/handle.h"

#include <string.h>

/* A section. at NULL: it is missing. */
typedef struct ams_span {
    const unsigned char *at;
    uint64_t size;
} ams_span;

static inline uint32_t ams_read_u16(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t ams_read_u32(const unsigned char *p)
{
    return ams_read_u16(p) | ams_read_u16(p + 2) << 16;
}

static inline uint64_t ams_read_u64(const unsigned char *p)
{
    return ams_read_u32(p) | (uint64_t)ams_read_u32(p + 4) << 32;
}

static inline float ams_float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double ams_read_double(const unsigned char *p)
{
    const uint64_t bits = ams_read_u64(p);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline float ams_read_float(const unsigned char *p)
{
    return ams_float_of(ams_read_u32(p));
}

/* Calls `keep` for each section after the magic, in order. @return AMS_ONLINE_DAMAGED or
 * AMS_ONLINE_BAD_POLICY (too large); what was kept by then is not to be used. */
int ams_online_walk(const unsigned char *bytes, uint64_t size,
                    void (*keep)(void *context, const unsigned char *tag, ams_span part),
                    void *context);

/* No control character in texts that end with zeros. */
bool ams_online_plain_text(const unsigned char *text, uint64_t size);
/* `count` names, each with its zero, and nothing else. */
bool ams_online_check_names(ams_span part, uint32_t count);
/* Memory for names, times, memories and thresholds. */
void ams_online_lay_out_names(ams_online *p, ams_span models, ams_span labels,
                              ams_online_room *room);
/* Copies checked names there; false where two are equal. */
bool ams_online_take_names(ams_online *p, ams_span models, ams_span labels);

static inline void ams_online_copy_floats(float *target, const unsigned char *source,
                                          uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        target[i] = ams_read_float(source + 4 * i);
    }
}

/* Each is (n) finite floats of at least `least`, and nothing else. */
bool ams_online_floats(ams_span part, uint64_t n, float least);

/* The network as it is stored. */
typedef enum ams_online_stored {
    AMS_ONLINE_FP32, /* version 1 */
    AMS_ONLINE_FP16, /* version 2 */
    AMS_ONLINE_INT8
} ams_online_stored;

typedef struct ams_online_weights {
    uint32_t stored;
    ams_span weights, scale, bias;
} ams_online_weights;

/* Are these the weights of a network of p's widths, all finite? */
bool ams_online_check_weights(const ams_online *p, const ams_online_weights *from);
/* Copies checked weights into p's memory. */
void ams_online_copy_weights(ams_online *p, const ams_online_weights *from);

#endif
