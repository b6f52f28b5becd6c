/* Files of sections (docs/format.md), none of whose bytes is trusted. */
#include "online/bytes.h"

enum { TAG = 8, HEADER = 24, LARGEST = 1 << 30 };

/* CRC-32 of gzip and PNG, half a byte per step. */
static uint32_t crc32_of(uint32_t crc, const unsigned char *p, uint64_t n)
{
    static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                       0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                       0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                       0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    crc = ~crc;
    for (uint64_t i = 0; i < n; i++) {
        crc ^= p[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

int ams_online_walk(const unsigned char *bytes, uint64_t size,
                    void (*keep)(void *context, const unsigned char *tag, ams_span part),
                    void *context)
{
    if (size > LARGEST) {
        return AMS_ONLINE_BAD_POLICY;
    }
    for (uint64_t at = TAG; at < size;) {
        if (size - at < HEADER || ams_read_u64(bytes + at + TAG) > size - at - HEADER) {
            return AMS_ONLINE_DAMAGED;
        }
        const unsigned char *head = bytes + at;
        ams_span part = {head + HEADER, ams_read_u64(head + TAG)};
        uint32_t crc = crc32_of(crc32_of(0, head, 16), part.at, part.size);
        if (crc != ams_read_u32(head + 16) || ams_read_u32(head + 20) != 0) {
            return AMS_ONLINE_DAMAGED;
        }
        keep(context, head, part);
        at += HEADER + part.size;
    }
    return AMS_ONLINE_OK;
}
