/* A chunk as the file stores it: its bytes shuffled, deflated and summed, as the filters of
 * `ams_h5_begin` would, but wherever there is a processor. Private to env/. */
#ifndef AMS_ENV_PACK_H
#define AMS_ENV_PACK_H

#include "base/team.h"

/* Of zlib; 0 to 9. data/photos.h5 (10,462 items, 30 models), best of 7 writes, on a shared
 * machine:
 *   level 1: 5.69 MB, 0.23 s    level 4: 5.49 MB, 0.29 s
 *   level 6: 5.38 MB, 0.43 s    level 9: 5.33 MB, 1.8 s
 * Reading it took 0.07 to 0.08 s at every level. */
enum { AMS_DEFLATE_LEVEL = 4 };

/* Appends n bytes, values of `width` bytes each, as they are stored. Equal to the byte to what
 * HDF5 stores with the same zlib. */
ams_status ams_pack(ams_bytes *stored, const void *values, size_t n, size_t width,
                    ams_error *err);

/* The same as an errand: a is the width. */
enum { AMS_PACK_ERRAND = 0x5041434B };
ams_team_work ams_pack_work;

#endif
