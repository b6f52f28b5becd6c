/* Bytes that a definition puts one after the other, little-endian. */
#ifndef AMS_TESTS_ENV_BYTES_H
#define AMS_TESTS_ENV_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct bytes {
    unsigned char *at;
    size_t used;
} bytes;

static inline void put_u32(bytes *b, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        b->at[b->used++] = (unsigned char)(value >> 8 * i);
    }
}

static inline void put_float(bytes *b, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_u32(b, bits);
}

static inline void put_text(bytes *b, const char *text)
{
    strcpy((char *)b->at + b->used, text);
    b->used += strlen(text) + 1;
}

#endif
