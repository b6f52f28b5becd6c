#include "env/pack.h"

#include "base/memory.h"

#include <stdlib.h>
#define ZLIB_CONST /* what is deflated is not written to */
#include <zlib.h>

/* The first bytes of all values, then their second ones, and so on; left over bytes as they
 * are. */
static void shuffle(unsigned char *to, const unsigned char *from, size_t n, size_t width)
{
    const size_t count = n / width;
    for (size_t k = 0; k < width; k++) {
        for (size_t i = 0; i < count; i++) {
            to[k * count + i] = from[i * width + k];
        }
    }
    for (size_t k = count * width; k < n; k++) {
        to[k] = from[k];
    }
}

static uint32_t folded(uint32_t sum)
{
    return (sum & 0xFFFF) + (sum >> 16);
}

/* Fletcher's checksum of 32 bits over words of two bytes, the higher byte first (J. G.
 * Fletcher, IEEE Trans. Communications 30, 1982). */
static uint32_t fletcher32(const unsigned char *data, size_t n)
{
    enum { WORDS = 360 }; /* after which a sum may pass 32 bits */
    uint32_t low = 0;
    uint32_t high = 0;
    size_t words = n / 2;
    while (words > 0) {
        size_t now = words < WORDS ? words : WORDS;
        words -= now;
        for (; now > 0; now--, data += 2) {
            low += (uint32_t)data[0] << 8 | data[1];
            high += low;
        }
        low = folded(low);
        high = folded(high);
    }
    if (n % 2 != 0) {
        low += (uint32_t)data[0] << 8;
        high += low;
        low = folded(low);
        high = folded(high);
    }
    return folded(high) << 16 | folded(low);
}

ams_status ams_pack(ams_bytes *stored, const void *values, size_t n, size_t width,
                    ams_error *err)
{
    unsigned char *shuffled = NULL;
    unsigned char *deflated = NULL;
    uLongf size = compressBound((uLong)n);
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&shuffled, n, 1, "a chunk", err));
    AMS_TRY(ams_alloc(&deflated, size, 1, "a chunk", err));
    shuffle(shuffled, values, n, width);
    const int code = compress2(deflated, &size, shuffled, (uLong)n, AMS_DEFLATE_LEVEL);
    if (code != Z_OK) {
        status =
            ams_fail(err, AMS_BACKEND, "zlib failed with %d on a chunk of %zu bytes", code, n);
        goto out;
    }
    const uint32_t sum = fletcher32(deflated, size);
    unsigned char check[sizeof sum]; /* the lowest byte first, on every machine */
    for (size_t k = 0; k < sizeof sum; k++) {
        check[k] = (unsigned char)(sum >> 8 * k & 0xFF);
    }
    AMS_TRY(ams_bytes_put(stored, deflated, size, err));
    AMS_TRY(ams_bytes_put(stored, check, sizeof check, err));
out:
    free(shuffled);
    free(deflated);
    return status;
}

ams_status ams_pack_work(void *context, const ams_team_errand *errand, ams_bytes *result,
                         ams_error *err)
{
    (void)context;
    return errand->kind == AMS_PACK_ERRAND && errand->a > 0
               ? ams_pack(result, errand->data, errand->n, (size_t)errand->a, err)
               : ams_team_unknown(errand, err);
}
