/* Sets the checksums of a policy.ams right, since hardly a change keeps them so. */
#ifndef AMS_TESTS_FUZZ_MEND_H
#define AMS_TESTS_FUZZ_MEND_H

#include "tests/fuzz/fuzz.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* magic (8), then sections: tag (8), size (8), CRC-32 of both and the bytes (4), zero (4),
 * bytes. */
static inline void mend_checksums(uint8_t *bytes, size_t size)
{
    enum { MAGIC = 8, SUMMED = 16, HEADER = 24 };
    for (size_t at = MAGIC; at < size && size - at >= HEADER;) {
        uint64_t length = 0;
        memcpy(&length, bytes + at + 8, sizeof length);
        if (length > size - at - HEADER) {
            length = size - at - HEADER;
            memcpy(bytes + at + 8, &length, sizeof length);
        }
        uint32_t crc =
            (uint32_t)crc32_z(crc32(0, bytes + at, SUMMED), bytes + at + HEADER, length);
        memcpy(bytes + at + SUMMED, &crc, sizeof crc);
        memset(bytes + at + SUMMED + sizeof crc, 0, HEADER - SUMMED - sizeof crc);
        at += HEADER + length;
    }
}

/* An input as it is, and once more with right checksums where they are wrong. */
static inline void parse_both(const uint8_t *data, size_t size,
                              void (*parse)(const void *bytes, size_t size))
{
    uint8_t *mended = malloc(size == 0 ? 1 : size);
    need(mended != NULL);
    memcpy(mended, data, size);
    parse(data, size);
    mend_checksums(mended, size);
    if (memcmp(mended, data, size) != 0) {
        parse(mended, size);
    }
    free(mended);
}

#endif
