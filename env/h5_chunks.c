/* Whether chunks that went through filters hold as many bytes as the library will read of them.
 * It takes that for granted: a chunk that inflates to less is read past its end, which ends the
 * program or shows its memory, and no checksum of the file says so. */
#include "env/h5_types.h"

#include "base/memory.h"

#include <stdlib.h>
#define ZLIB_CONST /* what is inflated is not written to */
#include <zlib.h>

enum { MAX_RANK = 2, MOST_FILTERS = 8, CHECKSUM = 4, AT_ONCE = 16384 };

typedef struct h5_chunks {
    const ams_h5 *file;
    const char *name;
    hid_t set;
    H5Z_filter_t filter[MOST_FILTERS];
    int n_filters;
    hsize_t chunk[MAX_RANK];
    uint64_t bytes; /* of a whole chunk, as its values are */
    unsigned char *data;
    size_t room;
} h5_chunks;

static ams_status is_short(const h5_chunks *c, uint64_t found, ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA,
                    "%s: %s: a chunk of %llu bytes expected, %llu found; the file is damaged, "
                    "restore or import it again",
                    c->file->path, c->name, (unsigned long long)c->bytes,
                    (unsigned long long)found);
}

/* How many bytes the stream has, counted up to `most` + 1; false where it is none. */
static bool count_inflated(const unsigned char *data, uint64_t size, uint64_t most,
                           uint64_t *bytes)
{
    unsigned char out[AT_ONCE];
    z_stream z = {.next_in = data, .avail_in = (uInt)size};
    int code = inflateInit(&z);
    *bytes = 0;
    if (code != Z_OK) {
        return false;
    }
    while (code == Z_OK && *bytes <= most) {
        z.next_out = out;
        z.avail_out = sizeof out;
        code = inflate(&z, Z_NO_FLUSH);
        *bytes += sizeof out - z.avail_out;
    }
    inflateEnd(&z);
    return code == Z_STREAM_END || *bytes > most;
}

/* The filters in reverse, as for reading; a bit of `mask` leaves one out. */
static ams_status check_pipeline(h5_chunks *c, uint64_t size, uint32_t mask, ams_error *err)
{
    bool inflated = false;
    for (int i = c->n_filters - 1; i >= 0; i--) {
        if ((mask >> i & 1) != 0 || c->filter[i] == H5Z_FILTER_SHUFFLE) {
            continue;
        }
        if (c->filter[i] == H5Z_FILTER_FLETCHER32) {
            if (size < CHECKSUM) {
                return is_short(c, size, err);
            }
            size -= CHECKSUM;
            continue;
        }
        uint64_t bytes = 0;
        if (inflated || size > UINT32_MAX ||
            !count_inflated(c->data, size, c->bytes + CHECKSUM, &bytes)) {
            return is_short(c, 0, err);
        }
        inflated = true;
        size = bytes;
    }
    return size == c->bytes ? AMS_OK : is_short(c, size, err);
}

static ams_status check_chunk(h5_chunks *c, const hsize_t *offset, ams_error *err)
{
    hsize_t stored = 0;
    uint32_t mask = 0;
    if (H5Dget_chunk_storage_size(c->set, offset, &stored) < 0) {
        return ams_h5_cannot_read(c->file, c->name, err);
    }
    if (stored == 0) {
        return AMS_OK; /* never written: the fill value */
    }
    if (stored > c->file->size) {
        return is_short(c, stored, err);
    }
    ams_status status = ams_grow(&c->data, &c->room, (size_t)stored, 1, c->name, err);
    if (status == AMS_OK && H5Dread_chunk(c->set, H5P_DEFAULT, offset, &mask, c->data) < 0) {
        return ams_h5_cannot_read(c->file, c->name, err);
    }
    return status == AMS_OK ? check_pipeline(c, stored, mask, err) : status;
}

static ams_status read_filters(h5_chunks *c, hid_t list, ams_error *err)
{
    c->n_filters = H5Pget_nfilters(list); /* at most MOST_FILTERS: ams_h5_check_stored */
    for (int i = 0; i < c->n_filters && i < MOST_FILTERS; i++) {
        unsigned flags = 0;
        unsigned config = 0;
        size_t n_values = 0;
        c->filter[i] =
            H5Pget_filter2(list, (unsigned)i, &flags, &n_values, NULL, 0, NULL, &config);
        if (c->filter[i] != H5Z_FILTER_SHUFFLE && c->filter[i] != H5Z_FILTER_FLETCHER32 &&
            c->filter[i] != H5Z_FILTER_DEFLATE) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: %s is stored by filter %d, whose results cannot be checked; "
                            "store it with gzip (h5repack -f GZIP=4)",
                            c->file->path, c->name, (int)c->filter[i]);
        }
    }
    return AMS_OK;
}

ams_status ams_h5_check_chunks(const ams_h5_stored *stored, ams_h5_rows rows, ams_error *err)
{
    const ams_h5 *file = stored->file;
    h5_chunks c = {.file = file, .name = stored->name, .set = stored->set, .chunk = {1, 1}};
    const hid_t list = H5Dget_create_plist(stored->set);
    const hid_t type = H5Dget_type(stored->set);
    ams_status status = AMS_OK;
    if (list < 0 || type < 0) {
        status = ams_h5_cannot_read(file, c.name, err);
        goto out;
    }
    if (rows.count == 0 || H5Pget_layout(list) != H5D_CHUNKED || H5Pget_nfilters(list) == 0) {
        goto out;
    }
    AMS_TRY(read_filters(&c, list, err));
    if (H5Pget_chunk(list, MAX_RANK, c.chunk) != stored->rank || c.chunk[0] == 0 ||
        c.chunk[1] == 0) {
        status = ams_h5_cannot_read(file, c.name, err);
        goto out;
    }
    c.bytes = c.chunk[0] * c.chunk[1] * ams_h5_stored_size(file, type);
    for (hsize_t r = rows.first / c.chunk[0] * c.chunk[0]; r < rows.first + rows.count;
         r += c.chunk[0]) {
        for (hsize_t k = 0; k < stored->columns; k += c.chunk[1]) {
            const hsize_t offset[MAX_RANK] = {r, k};
            AMS_TRY(check_chunk(&c, offset, err));
        }
    }
out:
    free(c.data);
    H5Tclose(type);
    H5Pclose(list);
    return status;
}
