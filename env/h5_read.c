#include "env/h5_types.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Deflate shrinks at most 1032 : 1, so a data set larger than that times its file is a lie (or
 * was never written) and must not be allocated. */
enum { MAX_RATIO = 1100, MAX_SMALL = 1 << 20, MAX_RANK = 2 };

/* Strings read at a time: variable-length ones are allocated by the library. Chunks of others.
 */
enum { TEXTS_AT_ONCE = 1024, CHUNKS_AT_ONCE = 8 };

static const char *class_name(H5T_class_t class)
{
    switch (class) {
    case H5T_INTEGER:
        return "integers";
    case H5T_FLOAT:
        return "floating-point numbers";
    case H5T_STRING:
        return "strings";
    default:
        return "another type";
    }
}

/* The link is there and leads to nothing outside the file. */
static bool own_link(const ams_h5 *file, const char *name)
{
    H5L_info_t info;
    return H5Lexists(file->id, name, H5P_DEFAULT) > 0 &&
           H5Lget_info(file->id, name, &info, H5P_DEFAULT) >= 0 && info.type == H5L_TYPE_HARD;
}

bool ams_h5_has(const ams_h5 *file, const char *set)
{
    char group[64];
    const char *slash = strrchr(set, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - set);
    if (length > 0) {
        if (length >= sizeof group) {
            return false;
        }
        memcpy(group, set, length);
        group[length] = '\0';
        if (!own_link(file, group)) {
            return false;
        }
    }
    return own_link(file, set);
}

/* Opens the data set if its values lie in the file itself. */
static ams_status open_set(const ams_h5 *file, const char *name, hid_t *set, ams_error *err)
{
    *set = -1;
    if (!ams_h5_has(file, name)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: the data set %s is missing; docs/format.md lists those required",
                        file->path, name);
    }
    *set = H5Dopen2(file->id, name, H5P_DEFAULT);
    hid_t list = *set < 0 ? -1 : H5Dget_create_plist(*set);
    ams_status status = AMS_OK;
    if (list < 0) {
        status = ams_h5_cannot_read(file, name, err);
    } else if (H5Pget_layout(list) == H5D_VIRTUAL || H5Pget_external_count(list) > 0) {
        status =
            ams_fail(err, AMS_BAD_DATA, "%s: %s keeps its values in another file; copy them in",
                     file->path, name);
    }
    H5Pclose(list);
    if (status != AMS_OK) {
        H5Dclose(*set);
        *set = -1;
    }
    return status;
}

static ams_status set_extents(const ams_h5 *file, const char *name, hid_t set, int rank,
                              uint64_t *extents, ams_error *err)
{
    hsize_t found[MAX_RANK] = {0};
    hid_t space = H5Dget_space(set);
    int found_rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    ams_status status = AMS_OK;
    if (found_rank >= 0 && found_rank != rank) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: %s: %d dimension%s expected, %d found",
                          file->path, name, rank, rank == 1 ? "" : "s", found_rank);
    } else if (found_rank < 0 || H5Sget_simple_extent_dims(space, found, NULL) != rank) {
        status = ams_h5_cannot_read(file, name, err);
    }
    for (int i = 0; i < rank && status == AMS_OK; i++) {
        extents[i] = found[i];
    }
    H5Sclose(space);
    return status;
}

ams_status ams_h5_extents(const ams_h5 *file, const char *name, int rank, uint64_t *extents,
                          ams_error *err)
{
    hid_t set;
    ams_status status = open_set(file, name, &set, err);
    if (status == AMS_OK) {
        status = set_extents(file, name, set, rank, extents, err);
        H5Dclose(set);
    }
    return status;
}

/* Bytes of the values, refused where a file of this length cannot hold them. */
static ams_status check_size(const ams_h5 *file, const char *name, uint64_t count,
                             uint64_t size, ams_error *err)
{
    uint64_t bytes = 0;
    uint64_t most = 0;
    if (__builtin_mul_overflow(file->size, (uint64_t)MAX_RATIO, &most)) {
        most = UINT64_MAX - MAX_SMALL;
    }
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > most + MAX_SMALL) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "%s: %s claims %llu values of %llu bytes, more than a file of %llu bytes "
            "can hold",
            file->path, name, (unsigned long long)count, (unsigned long long)size,
            (unsigned long long)file->size);
    }
    return AMS_OK;
}

/* Class and size of what is stored, and the size of its chunks, which the library allocates. */
static ams_status check_type(const ams_h5 *file, const char *name, hid_t set,
                             H5T_class_t expected, uint64_t count, ams_error *err)
{
    hid_t type = H5Dget_type(set);
    hid_t list = H5Dget_create_plist(set);
    hsize_t chunk[MAX_RANK] = {1, 1};
    H5T_class_t found = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    size_t size = type < 0 ? 0 : H5Tget_size(type);
    ams_status status = AMS_OK;
    if (found == H5T_NO_CLASS || size == 0 || list < 0) {
        status = ams_h5_cannot_read(file, name, err);
        goto out;
    }
    if (found != expected) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: %s: %s expected, %s found", file->path, name,
                          class_name(expected), class_name(found));
        goto out;
    }
    AMS_TRY(check_size(file, name, count, size, err));
    AMS_TRY(ams_h5_check_stored(file, name, set, count, err));
    if (H5Pget_layout(list) == H5D_CHUNKED) {
        uint64_t in_chunk = 0;
        if (H5Pget_chunk(list, MAX_RANK, chunk) < 0 ||
            __builtin_mul_overflow(chunk[0], chunk[1], &in_chunk)) {
            status = ams_h5_cannot_read(file, name, err);
            goto out;
        }
        /* A file that may grow has chunks longer than its few values: 64 MiB of grace. */
        AMS_TRY(in_chunk * size <= (UINT64_C(64) << 20) && in_chunk < UINT32_MAX
                    ? AMS_OK
                    : check_size(file, name, in_chunk, size, err));
    }
out:
    H5Tclose(type);
    H5Pclose(list);
    return status;
}

static ams_status other_extents(const ams_h5 *file, const char *name,
                                const uint64_t wanted[MAX_RANK], const uint64_t found[MAX_RANK],
                                ams_error *err)
{
    return ams_fail(
        err, AMS_BAD_DATA,
        "%s: %s: extents %llu x %llu expected from the other data sets, %llu x %llu "
        "found",
        file->path, name, (unsigned long long)wanted[0], (unsigned long long)wanted[1],
        (unsigned long long)found[0], (unsigned long long)found[1]);
}

ams_status ams_h5_read(const ams_h5 *file, const char *name, ams_h5_type type, int rank,
                       const uint64_t *extents, void *pointer_to_pointer, ams_error *err)
{
    return ams_h5_read_part(file, name, type, rank, extents, (ams_h5_rows){0, extents[0]},
                            pointer_to_pointer, err);
}

ams_status ams_h5_read_part(const ams_h5 *file, const char *name, ams_h5_type type, int rank,
                            const uint64_t *extents, ams_h5_rows rows, void *pointer_to_pointer,
                            ams_error *err)
{
    static const size_t width[] = {1, 4, 8, 4};
    void **values = pointer_to_pointer;
    uint64_t found[MAX_RANK] = {1, 1};
    uint64_t wanted[MAX_RANK] = {extents[0], rank == 2 ? extents[1] : 1};
    *values = NULL;
    hid_t set;
    ams_status status = open_set(file, name, &set, err);
    if (status != AMS_OK) {
        return status;
    }
    AMS_TRY(set_extents(file, name, set, rank, found, err));
    if (found[0] != wanted[0] || found[1] != wanted[1]) {
        status = other_extents(file, name, wanted, found, err);
        goto out;
    }
    uint64_t count = 0;
    if (__builtin_mul_overflow(found[0], found[1], &count)) {
        count = UINT64_MAX;
    }
    AMS_TRY(check_size(file, name, count, width[type], err));
    AMS_TRY(
        check_type(file, name, set, type == AMS_H5_F32 ? H5T_FLOAT : H5T_INTEGER, count, err));
    AMS_TRY(ams_alloc_unset(values, rows.count * found[1], width[type], name, err));
    const ams_h5_stored stored = {file, name, set, rank, found[1]};
    status = ams_h5_read_values(&stored, type, rows, *values, err);
out:
    if (status != AMS_OK) {
        free(*values);
        *values = NULL;
    }
    H5Dclose(set);
    return status;
}

/* Length without the padding that the type says. */
static size_t text_length(const char *text, size_t size, H5T_str_t padding)
{
    if (padding == H5T_STR_NULLTERM) {
        return strnlen(text, size);
    }
    char pad = padding == H5T_STR_SPACEPAD ? ' ' : '\0';
    while (size > 0 && text[size - 1] == pad) {
        size--;
    }
    return size;
}

/* The strings of a data set and how they are stored. */
typedef struct h5_texts {
    const ams_h5 *file;
    const char *name;
    hid_t set, type, space;
    bool variable;
    size_t size; /* bytes of a fixed-length string, or of a pointer */
    H5T_str_t padding;
} h5_texts;

static ams_status too_long(const ams_h5 *file, const char *name, ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA, "%s: %s: strings of at most %d bytes were expected",
                    file->path, name, AMS_H5_TEXT_MAX);
}

static ams_status open_texts(h5_texts *t, uint64_t n, ams_error *err)
{
    uint64_t found = 0;
    ams_status status = open_set(t->file, t->name, &t->set, err);
    if (status != AMS_OK) {
        return status;
    }
    AMS_TRY(set_extents(t->file, t->name, t->set, 1, &found, err));
    if (found != n) {
        status =
            ams_fail(err, AMS_BAD_DATA,
                     "%s: %s: %llu strings expected from the other data sets, %llu found",
                     t->file->path, t->name, (unsigned long long)n, (unsigned long long)found);
        goto out;
    }
    AMS_TRY(check_type(t->file, t->name, t->set, H5T_STRING, n, err));
    hid_t stored = H5Dget_type(t->set);
    t->variable = H5Tis_variable_str(stored) > 0;
    t->size = t->variable ? sizeof(char *) : H5Tget_size(stored);
    t->padding = H5Tget_strpad(stored);
    t->type = stored;
    t->space = H5Dget_space(t->set);
    if (t->space < 0) {
        status = ams_h5_cannot_read(t->file, t->name, err);
    } else if (t->size > AMS_H5_TEXT_MAX) {
        status = too_long(t->file, t->name, err);
    }
out:
    return status;
}

static ams_status hand_over(const h5_texts *t, uint64_t first, uint64_t count,
                            const void *buffer, ams_h5_text_fn *fn, void *context,
                            ams_error *err)
{
    for (uint64_t i = 0; i < count; i++) {
        const char *text = t->variable ? ((char *const *)buffer)[i]
                                       : (const char *)buffer + (size_t)i * t->size;
        text = text == NULL ? "" : text;
        size_t length = t->variable ? strlen(text) : text_length(text, t->size, t->padding);
        ams_status status = length > AMS_H5_TEXT_MAX
                                ? too_long(t->file, t->name, err)
                                : fn(context, first + i, text, length, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    return AMS_OK;
}

static ams_status read_texts(const h5_texts *t, uint64_t first, uint64_t count, void *buffer,
                             ams_h5_text_fn *fn, void *context, ams_error *err)
{
    hsize_t start = first;
    hsize_t length = count;
    hid_t memory = H5Screate_simple(1, &length, NULL);
    ams_status status = AMS_OK;
    if (memory < 0 ||
        H5Sselect_hyperslab(t->space, H5S_SELECT_SET, &start, NULL, &length, NULL) < 0 ||
        H5Dread(t->set, t->type, memory, t->space, H5P_DEFAULT, buffer) < 0) {
        status = ams_h5_cannot_read(t->file, t->name, err);
    } else {
        status = hand_over(t, first, count, buffer, fn, context, err);
        if (t->variable) {
            H5Dvlen_reclaim(t->type, memory, H5P_DEFAULT, buffer);
        }
    }
    H5Sclose(memory);
    return status;
}

ams_status ams_h5_read_texts(const ams_h5 *file, const char *name, uint64_t n,
                             ams_h5_text_fn *fn, void *context, ams_error *err)
{
    return ams_h5_read_texts_part(file, name, n, 0, n, fn, context, err);
}

/* Rows of a chunk; 0: the set is in one piece, or its strings are elsewhere or huge. */
static uint64_t rows_of_chunk(const h5_texts *t)
{
    const hid_t list = H5Dget_create_plist(t->set);
    hsize_t chunk = 0;
    const bool whole = list >= 0 && !t->variable && H5Pget_layout(list) == H5D_CHUNKED &&
                       H5Pget_chunk(list, 1, &chunk) == 1 && chunk <= MAX_SMALL / t->size;
    H5Pclose(list);
    return whole ? chunk : 0;
}

/* Hands over strings without the library's filters, from *at on; *at is the first one that has
 * to be read otherwise, or the end. */
static ams_status unpack_texts(const h5_texts *t, uint64_t *at, uint64_t end,
                               ams_h5_text_fn *fn, void *context, ams_error *err)
{
    const ams_h5_stored stored = {t->file, t->name, t->set, 1, 1};
    const uint64_t piece = CHUNKS_AT_ONCE * rows_of_chunk(t);
    unsigned char *buffer = NULL;
    bool done = piece > 0;
    ams_status status = AMS_OK;
    if (done && *at < end) {
        AMS_TRY(ams_alloc_unset(&buffer, piece < end - *at ? piece : end - *at, t->size,
                                t->name, err));
    }
    while (done && *at < end) {
        const uint64_t room = piece - *at % piece; /* so that no chunk is unpacked twice */
        const ams_h5_rows rows = {*at, room < end - *at ? room : end - *at};
        AMS_TRY(ams_h5_unpack_rows(&stored, rows, buffer, &done, err));
        if (done) {
            AMS_TRY(hand_over(t, rows.first, rows.count, buffer, fn, context, err));
            *at += rows.count;
        }
    }
out:
    free(buffer);
    return status;
}

ams_status ams_h5_read_texts_part(const ams_h5 *file, const char *name, uint64_t n,
                                  uint64_t start, uint64_t rows, ams_h5_text_fn *fn,
                                  void *context, ams_error *err)
{
    uint64_t end = start + rows;
    h5_texts t = {.file = file, .name = name, .set = -1, .type = -1, .space = -1};
    void *buffer = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(open_texts(&t, n, err));
    AMS_TRY(unpack_texts(&t, &start, end, fn, context, err));
    rows = end - start;
    const ams_h5_stored stored = {file, name, t.set, 1, 1};
    AMS_TRY(ams_h5_check_chunks(&stored, (ams_h5_rows){start, rows}, err));
    AMS_TRY(ams_alloc(&buffer, rows < TEXTS_AT_ONCE ? rows : TEXTS_AT_ONCE, t.size, name, err));
    for (uint64_t first = start; first < end; first += TEXTS_AT_ONCE) {
        uint64_t count = end - first < TEXTS_AT_ONCE ? end - first : TEXTS_AT_ONCE;
        AMS_TRY(read_texts(&t, first, count, buffer, fn, context, err));
    }
out:
    free(buffer);
    H5Sclose(t.space);
    H5Tclose(t.type);
    H5Dclose(t.set);
    return status;
}

static ams_status open_attribute(const ams_h5 *file, const char *name, H5T_class_t expected,
                                 hid_t *attribute, ams_error *err)
{
    *attribute = H5Aopen(file->id, name, H5P_DEFAULT);
    if (*attribute < 0) {
        return ams_h5_cannot_read(file, name, err);
    }
    hid_t type = H5Aget_type(*attribute);
    hid_t space = H5Aget_space(*attribute);
    H5T_class_t found = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    ams_status status = AMS_OK;
    if (found != expected || H5Sget_simple_extent_npoints(space) > 1) {
        status =
            ams_fail(err, AMS_BAD_DATA, "%s: attribute %s: one value (%s) expected, %s found",
                     file->path, name, class_name(expected),
                     found == expected ? "several" : class_name(found));
    }
    H5Sclose(space);
    H5Tclose(type);
    if (status != AMS_OK) {
        H5Aclose(*attribute);
        *attribute = -1;
    }
    return status;
}

/* attribute is open and a string with one value, or with none (h5py.Empty). */
static ams_status read_text(const ams_h5 *file, const char *name, hid_t attribute, char **text,
                            ams_error *err)
{
    hid_t type = H5Aget_type(attribute);
    hid_t space = H5Aget_space(attribute);
    size_t size = type < 0 ? 0 : H5Tget_size(type);
    bool variable = H5Tis_variable_str(type) > 0;
    char *buffer = NULL;
    ams_status status = AMS_OK;
    if (size > AMS_H5_TEXT_MAX) {
        status = too_long(file, name, err);
    } else if (H5Sget_simple_extent_npoints(space) == 0) {
        status = ams_copy_text(text, "", err);
    } else if (variable) {
        if (H5Aread(attribute, type, &buffer) < 0) {
            status = ams_h5_cannot_read(file, name, err);
        } else {
            status = ams_copy_text(text, buffer == NULL ? "" : buffer, err);
            H5free_memory(buffer);
        }
    } else {
        AMS_TRY(ams_alloc(&buffer, size + 1, 1, name, err));
        if (H5Aread(attribute, type, buffer) < 0) {
            status = ams_h5_cannot_read(file, name, err);
        } else {
            buffer[text_length(buffer, size, H5Tget_strpad(type))] = '\0';
            status = ams_copy_text(text, buffer, err);
        }
        free(buffer);
    }
out:
    H5Sclose(space);
    H5Tclose(type);
    return status;
}

ams_status ams_h5_get_text(const ams_h5 *file, const char *name, char **text, ams_error *err)
{
    *text = NULL;
    htri_t there = H5Aexists(file->id, name);
    if (there <= 0) {
        return there < 0 ? ams_h5_cannot_read(file, name, err) : ams_copy_text(text, "", err);
    }
    hid_t attribute;
    ams_status status = open_attribute(file, name, H5T_STRING, &attribute, err);
    if (status == AMS_OK) {
        status = read_text(file, name, attribute, text, err);
        H5Aclose(attribute);
    }
    return status;
}

ams_status ams_h5_get_u64(const ams_h5 *file, const char *name, uint64_t *value, ams_error *err)
{
    hid_t attribute;
    *value = 0;
    if (H5Aexists(file->id, name) <= 0) {
        return ams_fail(err, AMS_BAD_DATA, "%s: attribute %s is missing", file->path, name);
    }
    ams_status status = open_attribute(file, name, H5T_INTEGER, &attribute, err);
    if (status == AMS_OK) {
        if (H5Aread(attribute, H5T_NATIVE_UINT64, value) < 0) {
            status = ams_h5_cannot_read(file, name, err);
        }
        H5Aclose(attribute);
    }
    return status;
}
