/* The bytes of a file descriptor, decompressed where they are gzip: every member's CRC-32 and
 * length are compared, which libarchive's decoder does not do. Private to data/. */
#ifndef AMS_DATA_UNZIP_H
#define AMS_DATA_UNZIP_H

#include "ams/status.h"

#include <stdint.h>

typedef struct ams_unzip ams_unzip;
/* `fd` stays the caller's. */
ams_status ams_unzip_create(ams_unzip **unzip, int fd, ams_error *err);
void ams_unzip_destroy(ams_unzip *unzip);

/* The next bytes, valid until the next call; *size is 0 at the end.
 * @return AMS_BAD_DATA with what is wrong with the gzip data; AMS_IO with the system's reason.
 * Neither names the file. */
ams_status ams_unzip_next(ams_unzip *unzip, const void **block, size_t *size, ams_error *err);
/* As stored, read so far. */
uint64_t ams_unzip_bytes(const ams_unzip *unzip);

#endif
