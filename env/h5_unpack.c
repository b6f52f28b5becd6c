/* Chunks of the usual form, shuffled or not, deflated, with a checksum or not, inflated by
 * several threads and straight to where their values belong. Whatever is unusual or damaged is
 * the library's. */
#include "env/h5_types.h"

#include "ams/pool.h"
#include "base/memory.h"
#include "env/pack.h"
#include "env/packer.h"

#include <stdlib.h>

enum { MAX_RANK = 2, AT_ONCE = 16, WORTH_THREADS = 8 };

/* Larger chunks would take too much memory, AT_ONCE of them at a time. */
static const uint64_t LARGEST_CHUNK = UINT64_C(1) << 20;

typedef struct h5_packed { /* a chunk on its way */
    unsigned char *stored;
    size_t room, size;
    size_t first, count; /* values of it that are wanted */
    unsigned char *values, *scratch;
    bool sound;
} h5_packed;

typedef struct h5_unpacker {
    const ams_h5_stored *stored;
    ams_packing packing;
    uint64_t rows, columns; /* of a chunk */
    h5_packed chunk[AT_ONCE];
} h5_unpacker;

static void unpack(void *context, uint32_t shard)
{
    h5_unpacker *u = context;
    h5_packed *c = &u->chunk[shard];
    c->sound =
        ams_unpack(&u->packing, c->stored, c->size, c->first, c->count, c->values, c->scratch);
}

/* Shuffle, deflate, checksum, in this order; only deflate has to be there. */
static bool usual_filters(hid_t list, ams_packing *packing)
{
    static const H5Z_filter_t order[] = {H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE,
                                         H5Z_FILTER_FLETCHER32};
    enum { KINDS = sizeof order / sizeof *order };
    bool has[KINDS] = {false};
    int kind = 0;
    for (int i = 0; i < H5Pget_nfilters(list); i++) {
        unsigned flags = 0;
        unsigned config = 0;
        size_t n_values = 0;
        const H5Z_filter_t id =
            H5Pget_filter2(list, (unsigned)i, &flags, &n_values, NULL, 0, NULL, &config);
        while (kind < KINDS && order[kind] != id) {
            kind++;
        }
        if (kind == KINDS) {
            return false;
        }
        has[kind++] = true;
    }
    packing->shuffled = has[0];
    packing->summed = has[2];
    return has[1];
}

/* Whether chunks are as long as the set is wide, and so on. */
static bool is_usual(h5_unpacker *u, hid_t list, hid_t type)
{
    hsize_t chunk[MAX_RANK] = {1, 1};
    if (list < 0 || type < 0 || H5Pget_layout(list) != H5D_CHUNKED ||
        H5Pget_chunk(list, MAX_RANK, chunk) != u->stored->rank || chunk[0] == 0 ||
        chunk[1] != u->stored->columns || H5Tis_variable_str(type) > 0 ||
        !usual_filters(list, &u->packing)) {
        return false;
    }
    const uint64_t width = H5Tget_size(type);
    if (width == 0 || width > LARGEST_CHUNK || chunk[0] > LARGEST_CHUNK ||
        chunk[1] > LARGEST_CHUNK || chunk[0] * chunk[1] > LARGEST_CHUNK / width) {
        return false;
    }
    u->rows = chunk[0];
    u->columns = chunk[1];
    u->packing.width = (size_t)width;
    u->packing.n = (size_t)(chunk[0] * chunk[1] * width);
    return true;
}

/* The chunk that begins at `row`, as it is stored. */
static ams_status fetch(const h5_unpacker *u, h5_packed *c, uint64_t row, bool *usual,
                        ams_error *err)
{
    const hsize_t offset[MAX_RANK] = {row, 0};
    hsize_t stored = 0;
    uint32_t mask = 0;
    ams_status status = AMS_OK;
    *usual = H5Dget_chunk_storage_size(u->stored->set, offset, &stored) >= 0 && stored > 0 &&
             stored <= u->stored->file->size && stored <= 2 * LARGEST_CHUNK;
    if (!*usual) {
        return AMS_OK; /* never written, for instance */
    }
    AMS_TRY(ams_grow(&c->stored, &c->room, (size_t)stored, 1, u->stored->name, err));
    if (c->scratch == NULL) {
        AMS_TRY(ams_alloc_unset(&c->scratch, u->packing.n, 1, u->stored->name, err));
    }
    c->size = (size_t)stored;
    *usual =
        H5Dread_chunk(u->stored->set, H5P_DEFAULT, offset, &mask, c->stored) >= 0 && mask == 0;
out:
    return status;
}

/* All chunks with these rows, AT_ONCE at a time. */
static ams_status unpack_all(h5_unpacker *u, ams_pool *pool, ams_h5_rows rows,
                             unsigned char *values, bool *done, ams_error *err)
{
    const uint64_t end = rows.first + rows.count;
    bool usual = true;
    ams_status status = AMS_OK;
    for (uint64_t at = rows.first / u->rows * u->rows; at < end && usual;) {
        uint32_t n = 0;
        for (; n < AT_ONCE && at < end && usual; n++, at += u->rows) {
            h5_packed *c = &u->chunk[n];
            const uint64_t first = at > rows.first ? at : rows.first;
            const uint64_t last = end - at < u->rows ? end : at + u->rows;
            c->first = (size_t)((first - at) * u->columns);
            c->count = (size_t)((last - first) * u->columns);
            c->values = values + (first - rows.first) * u->columns * u->packing.width;
            AMS_TRY(fetch(u, c, at, &usual, err));
        }
        if (!usual) {
            break;
        }
        ams_pool_run(pool, n, unpack, u);
        for (uint32_t k = 0; k < n; k++) {
            usual = usual && u->chunk[k].sound;
        }
    }
    *done = usual;
out:
    return status;
}

ams_status ams_h5_unpack_rows(const ams_h5_stored *stored, ams_h5_rows rows, void *values,
                              bool *done, ams_error *err)
{
    h5_unpacker u = {.stored = stored};
    const hid_t list = H5Dget_create_plist(stored->set);
    const hid_t type = H5Dget_type(stored->set);
    ams_pool *pool = NULL;
    ams_status status = AMS_OK;
    *done = false;
    if (rows.count == 0 || !is_usual(&u, list, type)) {
        goto out;
    }
    if (rows.count / u.rows >= WORTH_THREADS) {
        AMS_TRY(ams_pool_create(&pool, 1 + ams_packer_threads(), err));
    }
    status = unpack_all(&u, pool, rows, values, done, err);
out:
    ams_pool_destroy(pool);
    for (int k = 0; k < AT_ONCE; k++) {
        free(u.chunk[k].stored);
        free(u.chunk[k].scratch);
    }
    H5Tclose(type);
    H5Pclose(list);
    return status;
}
