#include "env/pack.h"

#include "base/memory.h"

#include <endian.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

enum { CHECKSUM = 4, HALF = 4, WHOLE = 8 };

/* Where the width is known at compile time, loops over vectors come of this. */
static inline void spread(unsigned char *to, const unsigned char *from, size_t count,
                          size_t width)
{
    for (size_t k = 0; k < width; k++) {
        for (size_t i = 0; i < count; i++) {
            to[k * count + i] = from[i * width + k];
        }
    }
}

/* The first bytes of all values, then their second ones, and so on; left over bytes as they
 * are. */
static void shuffle(unsigned char *to, const unsigned char *from, size_t n, size_t width)
{
    const size_t count = n / width;
    if (width == HALF) {
        spread(to, from, count, HALF);
    } else if (width == WHOLE) {
        spread(to, from, count, WHOLE);
    } else {
        spread(to, from, count, width);
    }
    memcpy(to + count * width, from + count * width, n - count * width);
}

/* Values that were shuffled: byte k of value i is from[k * all + i]. */
static inline void gather(unsigned char *to, const unsigned char *from, size_t all,
                          size_t count, size_t width)
{
    for (size_t k = 0; k < width; k++) {
        for (size_t i = 0; i < count; i++) {
            to[i * width + k] = from[k * all + i];
        }
    }
}

static void gather_halves(unsigned char *to, const unsigned char *from, size_t all,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t word =
            htole32((uint32_t)from[i] | (uint32_t)from[all + i] << 8 |
                    (uint32_t)from[2 * all + i] << 16 | (uint32_t)from[3 * all + i] << 24);
        memcpy(to + HALF * i, &word, HALF);
    }
}

static uint64_t half_of(const unsigned char *from, size_t all)
{
    return (uint64_t)from[0] | (uint64_t)from[all] << 8 | (uint64_t)from[2 * all] << 16 |
           (uint64_t)from[3 * all] << 24;
}

static void gather_wholes(unsigned char *to, const unsigned char *from, size_t all,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t word =
            htole64(half_of(from + i, all) | half_of(from + HALF * all + i, all) << 32);
        memcpy(to + WHOLE * i, &word, WHOLE);
    }
}

/* Values `first` to first + count of `all`. */
static void unshuffle(unsigned char *to, const unsigned char *from, size_t all, size_t first,
                      size_t count, size_t width)
{
    if (width == HALF) {
        gather_halves(to, from + first, all, count);
    } else if (width == WHOLE) {
        gather_wholes(to, from + first, all, count);
    } else {
        gather(to, from + first, all, count, width);
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

/* The checksum as it stands after the data: the lowest byte first, on every machine. */
static void put_sum(unsigned char *check, uint32_t sum)
{
    for (size_t k = 0; k < CHECKSUM; k++) {
        check[k] = (unsigned char)(sum >> 8 * k & 0xFF);
    }
}

void ams_pack_space_fini(ams_pack_space *space)
{
    libdeflate_free_compressor(space->compressor);
    free(space->shuffled);
    free(space->deflated);
    *space = (ams_pack_space){0};
}

ams_status ams_pack(ams_pack_space *space, ams_bytes *stored, const void *values, size_t n,
                    size_t width, ams_error *err)
{
    ams_status status = AMS_OK;
    if (space->compressor == NULL) {
        space->compressor = libdeflate_alloc_compressor(AMS_PACK_LEVEL);
    }
    if (space->compressor == NULL) {
        return ams_no_memory(err, n, "a chunk");
    }
    const size_t bound = libdeflate_zlib_compress_bound(space->compressor, n);
    AMS_TRY(ams_grow(&space->shuffled, &space->shuffled_room, n, 1, "a chunk", err));
    AMS_TRY(
        ams_grow(&space->deflated, &space->deflated_room, bound + CHECKSUM, 1, "a chunk", err));
    shuffle(space->shuffled, values, n, width);
    const size_t size =
        libdeflate_zlib_compress(space->compressor, space->shuffled, n, space->deflated, bound);
    put_sum(space->deflated + size, fletcher32(space->deflated, size));
    status = ams_bytes_put(stored, space->deflated, size + CHECKSUM, err);
out:
    return status;
}

bool ams_unpack(const ams_packing *how, const unsigned char *stored, size_t size, size_t first,
                size_t count, unsigned char *values, unsigned char *scratch)
{
    if (how->summed) {
        unsigned char check[CHECKSUM];
        if (size < CHECKSUM) {
            return false;
        }
        size -= CHECKSUM;
        put_sum(check, fletcher32(stored, size));
        if (memcmp(check, stored + size, CHECKSUM) != 0) {
            return false;
        }
    }
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    const bool whole =
        decompressor != NULL && libdeflate_zlib_decompress(decompressor, stored, size, scratch,
                                                           how->n, NULL) == LIBDEFLATE_SUCCESS;
    libdeflate_free_decompressor(decompressor);
    if (whole && how->shuffled) {
        unshuffle(values, scratch, how->n / how->width, first, count, how->width);
    } else if (whole) {
        memcpy(values, scratch + first * how->width, count * how->width);
    }
    return whole;
}

ams_status ams_pack_work(void *context, const ams_team_errand *errand, ams_bytes *result,
                         ams_error *err)
{
    ams_pack_space space = {0};
    (void)context;
    ams_status status =
        errand->kind == AMS_PACK_ERRAND && errand->a > 0
            ? ams_pack(&space, result, errand->data, errand->n, (size_t)errand->a, err)
            : ams_team_unknown(errand, err);
    ams_pack_space_fini(&space);
    return status;
}
