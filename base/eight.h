/* Eight bytes of text at a time, in the bits of one word. */
#ifndef AMS_BASE_EIGHT_H
#define AMS_BASE_EIGHT_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define AMS_EVERY_BYTE UINT64_C(0x0101010101010101)

/* The first of them in the lowest bits. */
static inline uint64_t ams_eight(const char *text)
{
    uint64_t word = 0;
    memcpy(&word, text, sizeof word);
    return le64toh(word);
}

/* Not 0 where one of the bytes is the given one; its lowest bit is in the first that is. Bits
 * above it may be others'. */
static inline uint64_t ams_eight_equal(uint64_t word, unsigned char byte)
{
    const uint64_t zero = word ^ (AMS_EVERY_BYTE * byte);
    return (zero - AMS_EVERY_BYTE) & ~zero & (AMS_EVERY_BYTE * 0x80);
}

/* The highest bit of every byte that is the given one, and no other. */
static inline uint64_t ams_eight_each(uint64_t word, unsigned char byte)
{
    const uint64_t low = AMS_EVERY_BYTE * 0x7F;
    const uint64_t zero = word ^ (AMS_EVERY_BYTE * byte);
    return ~(((zero & low) + low) | zero | low);
}

/* As ams_eight_equal, of control characters, DEL and what is not ASCII. */
static inline uint64_t ams_eight_unusual(uint64_t word)
{
    const uint64_t low = (word - AMS_EVERY_BYTE * 0x20) & ~word;
    return ((low | word) & (AMS_EVERY_BYTE * 0x80)) | ams_eight_equal(word, 0x7F);
}

/* Which byte the lowest bit is in. */
static inline unsigned ams_eight_first(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits) / 8;
}

#endif
