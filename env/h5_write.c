#include "env/h5_types.h"

#include "env/pack.h"

#include <string.h>

enum { MAX_RANK = 2 };

/* Where a set of no rows has chunks too: the library refuses chunks of nothing. */
static hid_t compressed(int rank, const hsize_t *chunk)
{
    hid_t list = ams_h5_timeless(H5P_DATASET_CREATE);
    if (list < 0 || H5Pset_chunk(list, rank, chunk) < 0 || H5Pset_shuffle(list) < 0 ||
        H5Pset_deflate(list, AMS_DEFLATE_LEVEL) < 0 || H5Pset_fletcher32(list) < 0) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

static hid_t text_type(size_t width)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0 || H5Tset_size(type, width > 0 ? width : 1) < 0 ||
        H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

ams_status ams_h5_put_group(const ams_h5 *file, const char *group, ams_error *err)
{
    hid_t list = ams_h5_timeless(H5P_GROUP_CREATE);
    hid_t id = list < 0 ? -1 : H5Gcreate2(file->id, group, H5P_DEFAULT, list, H5P_DEFAULT);
    H5Pclose(list);
    if (id < 0 || H5Gclose(id) < 0) {
        return ams_h5_cannot_write(file->path, group, err);
    }
    return AMS_OK;
}

static ams_status put_attribute(const ams_h5 *file, const char *name, hid_t type,
                                const void *value, ams_error *err)
{
    ams_status status = AMS_OK;
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t id = H5Acreate2(file->id, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (id < 0 || H5Awrite(id, type, value) < 0) {
        status = ams_h5_cannot_write(file->path, name, err);
    }
    if (H5Aclose(id) < 0 && status == AMS_OK) {
        status = ams_h5_cannot_write(file->path, name, err);
    }
    H5Sclose(space);
    return status;
}

ams_status ams_h5_put_text(const ams_h5 *file, const char *name, const char *text,
                           ams_error *err)
{
    /* An attribute lives in an object header, which has 64 KiB in all. */
    if (strlen(text) > AMS_H5_ATTRIBUTE_MAX) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: attribute %s: at most %d bytes expected, %zu found", file->path,
                        name, AMS_H5_ATTRIBUTE_MAX, strlen(text));
    }
    hid_t type = text_type(strlen(text));
    ams_status status = put_attribute(file, name, type, text, err);
    H5Tclose(type);
    return status;
}

ams_status ams_h5_put_u32(const ams_h5 *file, const char *name, uint32_t value, ams_error *err)
{
    return put_attribute(file, name, H5T_NATIVE_UINT32, &value, err);
}

ams_status ams_h5_put_texts(const ams_h5 *file, const char *name, uint64_t n, size_t width,
                            const char *texts, ams_error *err)
{
    hsize_t extent = n;
    hsize_t most = H5S_UNLIMITED;
    hsize_t chunk = (UINT64_C(512) << 10) / (width > 0 ? width : 1);
    chunk = chunk < n ? chunk : n;
    chunk = chunk > 0 ? chunk : 1;
    hid_t type = text_type(width);
    hid_t space = H5Screate_simple(1, &extent, n == 0 ? &most : NULL);
    hid_t list = compressed(1, &chunk);
    hid_t id = H5Dcreate2(file->id, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ams_status status = AMS_OK;
    if (id < 0 || (n > 0 && H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) < 0)) {
        status = ams_h5_cannot_write(file->path, name, err);
    }
    if (H5Dclose(id) < 0 && status == AMS_OK) {
        status = ams_h5_cannot_write(file->path, name, err);
    }
    H5Pclose(list);
    H5Sclose(space);
    H5Tclose(type);
    return status;
}

ams_status ams_h5_begin(ams_h5_set *set, const ams_h5 *file, const char *name, ams_h5_type type,
                        uint64_t rows, uint64_t columns, uint64_t chunk, ams_error *err)
{
    *set = (ams_h5_set){.path = file->path, .name = name, .type = type, .columns = columns};
    set->grows = rows == AMS_H5_GROWS;
    int rank = columns == 0 ? 1 : 2;
    hsize_t extent[MAX_RANK] = {set->grows ? 0 : rows, columns};
    hsize_t most[MAX_RANK] = {set->grows || rows == 0 ? H5S_UNLIMITED : rows, columns};
    hsize_t chunks[MAX_RANK] = {set->grows || chunk < rows ? chunk : rows, columns};
    chunks[0] = chunks[0] > 0 ? chunks[0] : 1;
    hid_t space = H5Screate_simple(rank, extent, most);
    hid_t list = compressed(rank, chunks);
    hid_t id = H5Dcreate2(file->id, name, ams_h5_memory_type(type), space, H5P_DEFAULT, list,
                          H5P_DEFAULT);
    ams_status status = id < 0 ? ams_h5_cannot_write(file->path, name, err) : AMS_OK;
    set->id = id < 0 ? 0 : id;
    H5Pclose(list);
    H5Sclose(space);
    return status;
}

ams_status ams_h5_append(ams_h5_set *set, const void *values, uint64_t rows, ams_error *err)
{
    if (rows == 0) {
        return AMS_OK;
    }
    int rank = set->columns == 0 ? 1 : 2;
    hsize_t start[MAX_RANK] = {set->written, 0};
    hsize_t count[MAX_RANK] = {rows, set->columns};
    hsize_t extent[MAX_RANK] = {set->written + rows, set->columns};
    hid_t memory = H5Screate_simple(rank, count, NULL);
    hid_t space = -1;
    ams_status status = AMS_OK;
    if ((set->grows && H5Dset_extent(set->id, extent) < 0) ||
        (space = H5Dget_space(set->id)) < 0 ||
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        H5Dwrite(set->id, ams_h5_memory_type(set->type), memory, space, H5P_DEFAULT, values) <
            0) {
        status = ams_h5_cannot_write(set->path, set->name, err);
    }
    set->written += rows;
    H5Sclose(space);
    H5Sclose(memory);
    return status;
}

/* The first write makes the set's index, which takes its place in the file then: one value of
 * the first chunk does it, and the chunk itself replaces that. */
static ams_status touch(const ams_h5_set *set)
{
    const int rank = set->columns == 0 ? 1 : 2;
    const hsize_t start[MAX_RANK] = {0, 0};
    const hsize_t count[MAX_RANK] = {1, 1};
    const uint64_t zero = 0;
    const hid_t space = H5Dget_space(set->id);
    const hid_t memory = H5Screate_simple(rank, count, NULL);
    const bool done =
        space >= 0 && memory >= 0 &&
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
        H5Dwrite(set->id, ams_h5_memory_type(set->type), memory, space, H5P_DEFAULT, &zero) >=
            0;
    H5Sclose(memory);
    H5Sclose(space);
    return done ? AMS_OK : AMS_IO;
}

ams_status ams_h5_reach(ams_h5_set *set, uint64_t rows, ams_error *err)
{
    const hsize_t extent[MAX_RANK] = {rows, set->columns};
    ams_status status = AMS_OK;
    if ((set->grows && H5Dset_extent(set->id, extent) < 0) ||
        (set->written == 0 && touch(set) != AMS_OK)) {
        status = ams_h5_cannot_write(set->path, set->name, err);
    }
    set->written = rows;
    return status;
}

ams_status ams_h5_put_chunk(const ams_h5_set *set, uint64_t row, const void *stored, size_t n,
                            ams_error *err)
{
    const hsize_t offset[MAX_RANK] = {row, 0};
    return H5Dwrite_chunk(set->id, H5P_DEFAULT, 0, offset, n, stored) < 0
               ? ams_h5_cannot_write(set->path, set->name, err)
               : AMS_OK;
}

ams_status ams_h5_end(ams_h5_set *set, ams_error *err)
{
    ams_status status = AMS_OK;
    if (set->id > 0 && H5Dclose(set->id) < 0) {
        status = ams_h5_cannot_write(set->path, set->name, err);
    }
    set->id = 0;
    return status;
}
