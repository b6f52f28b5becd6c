/* A chunk as the file stores it: its bytes shuffled, deflated and summed, as the filters of
 * `ams_h5_begin` would, but wherever there is a processor, and by libdeflate. Private to env/.
 */
#ifndef AMS_ENV_PACK_H
#define AMS_ENV_PACK_H

#include "base/team.h"

#include <stdbool.h>

/* What data sets name as their level; HDF5's own filter uses it for what is not packed here. */
enum { AMS_DEFLATE_LEVEL = 4 };

/* Of libdeflate; 1 to 12. Outputs of 20,000 generated items and of data/photos.h5, MB and MB/s
 * of values, on a shared AMD EPYC (Zen 5); zlib at level 4 for comparison:
 *   level 1: 2.82, 165; 4.70, 171    level 2: 2.69, 142; 4.71, 142
 *   level 3: 2.65, 132; 4.68, 115    level 4: 2.62,  86; 4.66, 129    zlib: 2.74, 67; 4.74, 62
 */
enum { AMS_PACK_LEVEL = 2 };

/* What a thread that packs keeps from chunk to chunk. An all-zero one is ready. */
typedef struct ams_pack_space {
    struct libdeflate_compressor *compressor;
    unsigned char *shuffled, *deflated;
    size_t shuffled_room, deflated_room;
} ams_pack_space;
void ams_pack_space_fini(ams_pack_space *space);

/* Appends n bytes, values of `width` bytes each, as they are stored: equal bytes with the same
 * libdeflate, whoever packs them, and readable by every zlib. */
ams_status ams_pack(ams_pack_space *space, ams_bytes *stored, const void *values, size_t n,
                    size_t width, ams_error *err);

/* The same as an errand: a is the width. */
enum { AMS_PACK_ERRAND = 0x5041434B };
ams_team_work ams_pack_work;

/* How a chunk is stored. Deflated it is in any case. */
typedef struct ams_packing {
    size_t n, width; /* bytes of a chunk's values, and of each */
    bool shuffled, summed;
} ams_packing;

/* Values `first` to first + count of the chunk that `size` bytes hold go to `values`. `scratch`
 * (how->n) is written over. False where the bytes are damaged or hold another number of them:
 * nothing is known of `values` then. */
bool ams_unpack(const ams_packing *how, const unsigned char *stored, size_t size, size_t first,
                size_t count, unsigned char *values, unsigned char *scratch);

#endif
