/* What a data set's header says of how its values are stored, checked before the library reads
 * them: of files whose metadata have no checksums (older formats) it believes every number, and
 * reads past its buffers. */
#include "env/h5_types.h"

#include <string.h>

enum { WIDEST = 8, MOST_FILTERS = 8, FILTER_NAME = 64 };

static ams_status is_damaged(const ams_h5 *file, const char *name, const char *what,
                             unsigned long long expected, unsigned long long found,
                             ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA,
                    "%s: %s: %s: %llu expected, %llu found; the file is damaged, restore or "
                    "import it again",
                    file->path, name, what, expected, found);
}

static ams_status check_filters(const ams_h5 *file, const char *name, hid_t list,
                                ams_error *err)
{
    const int n = H5Pget_nfilters(list);
    for (int i = 0; i < n; i++) {
        unsigned flags = 0;
        unsigned config = 0;
        size_t n_values = 0;
        char title[FILTER_NAME] = "";
        const H5Z_filter_t id = H5Pget_filter2(list, (unsigned)i, &flags, &n_values, NULL,
                                               sizeof title, title, &config);
        title[sizeof title - 1] = '\0';
        for (char *at = title; *at != '\0'; at++) {
            *at = *at < 0x20 || *at == 0x7F ? '?' : *at;
        }
        if (id < 0 || n > MOST_FILTERS) {
            return ams_h5_cannot_read(file, name, err);
        }
        if (H5Zfilter_avail(id) <= 0) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: %s is compressed by a filter that this program lacks, %d "
                            "(%s); store it with gzip, or import it again",
                            file->path, name, (int)id, title[0] == '\0' ? "no name" : title);
        }
    }
    return AMS_OK;
}

/* Bits of a number lie in its bytes. */
static ams_status check_number(const ams_h5 *file, const char *name, hid_t type, size_t size,
                               ams_error *err)
{
    const size_t bits = 8 * size;
    const int offset = H5Tget_offset(type);
    const size_t precision = H5Tget_precision(type);
    if (size > WIDEST || (size & (size - 1)) != 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: %s: numbers of 1, 2, 4 or 8 bytes expected, %zu found", file->path,
                        name, size);
    }
    if (offset < 0 || precision == 0 || (size_t)offset + precision > bits) {
        return is_damaged(file, name, "bits of a number", bits, precision, err);
    }
    if (H5Tget_class(type) == H5T_FLOAT) {
        size_t sign = 0;
        size_t exponent = 0;
        size_t exponent_bits = 0;
        size_t mantissa = 0;
        size_t mantissa_bits = 0;
        if (H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) <
                0 ||
            sign >= bits || exponent + exponent_bits > bits ||
            mantissa + mantissa_bits > bits || exponent_bits == 0 || mantissa_bits == 0) {
            return is_damaged(file, name, "bits of a number", bits,
                              exponent_bits + mantissa_bits + 1, err);
        }
    }
    return AMS_OK;
}

/* Values in one piece. size: bytes of each. */
static ams_status check_piece(const ams_h5 *file, const char *name, hid_t set, bool compact,
                              uint64_t count, uint64_t size, ams_error *err)
{
    const uint64_t stored = H5Dget_storage_size(set);
    const haddr_t address = compact ? 0 : H5Dget_offset(set);
    if (!compact && address == HADDR_UNDEF && stored == 0) {
        return AMS_OK; /* never written: the fill value */
    }
    if (stored != count * size) {
        return is_damaged(file, name, "bytes stored", count * size, stored, err);
    }
    if (!compact && (address == 0 || address >= file->size || stored > file->size - address)) {
        return is_damaged(file, name, "the place of the values, in a file of so many bytes",
                          file->size, address, err);
    }
    return AMS_OK;
}

/* A chunk that no filter changed has all its values. */
static ams_status check_first_chunk(const ams_h5 *file, const char *name, hid_t set,
                                    hid_t space, uint64_t in_chunk, uint64_t size,
                                    ams_error *err)
{
    hsize_t chunks = 0;
    hsize_t offset[H5S_MAX_RANK];
    unsigned mask = 0;
    haddr_t address = 0;
    hsize_t stored = 0;
    if (H5Dget_num_chunks(set, space, &chunks) < 0) {
        return ams_h5_cannot_read(file, name, err);
    }
    if (chunks == 0) {
        return AMS_OK;
    }
    if (H5Dget_chunk_info(set, space, 0, offset, &mask, &address, &stored) < 0) {
        return ams_h5_cannot_read(file, name, err);
    }
    return stored == in_chunk * size
               ? AMS_OK
               : is_damaged(file, name, "bytes of a chunk", in_chunk * size, stored, err);
}

static ams_status check_layout(const ams_h5 *file, const char *name, hid_t set, hid_t list,
                               uint64_t count, uint64_t size, ams_error *err)
{
    hsize_t chunk[2] = {1, 1};
    hid_t space = -1;
    ams_status status = AMS_OK;
    switch (H5Pget_layout(list)) {
    case H5D_COMPACT:
        return check_piece(file, name, set, true, count, size, err);
    case H5D_CONTIGUOUS:
        return check_piece(file, name, set, false, count, size, err);
    case H5D_CHUNKED:
        if (H5Pget_nfilters(list) != 0) {
            return AMS_OK;
        }
        space = H5Dget_space(set);
        status =
            space < 0 || H5Pget_chunk(list, 2, chunk) < 0
                ? ams_h5_cannot_read(file, name, err)
                : check_first_chunk(file, name, set, space, chunk[0] * chunk[1], size, err);
        H5Sclose(space);
        return status;
    default:
        return ams_h5_cannot_read(file, name, err);
    }
}

/* Of a string of any length the file holds its length, and where it is. */
uint64_t ams_h5_stored_size(const ams_h5 *file, int64_t type)
{
    const size_t size = H5Tget_size(type);
    size_t address = 0;
    size_t length = 0;
    if (H5Tis_variable_str(type) <= 0) {
        return size;
    }
    const hid_t list = H5Fget_create_plist(file->id);
    const herr_t got = H5Pget_sizes(list, &address, &length);
    H5Pclose(list);
    return got < 0 ? 0 : 4 + address + 4;
}

ams_status ams_h5_check_stored(const ams_h5 *file, const char *name, int64_t set,
                               uint64_t count, ams_error *err)
{
    const hid_t type = H5Dget_type(set);
    const hid_t list = H5Dget_create_plist(set);
    const size_t size = type < 0 ? 0 : H5Tget_size(type);
    ams_status status = AMS_OK;
    if (size == 0 || list < 0) {
        status = ams_h5_cannot_read(file, name, err);
        goto out;
    }
    AMS_TRY(check_filters(file, name, list, err));
    if (H5Tget_class(type) != H5T_STRING) {
        AMS_TRY(check_number(file, name, type, size, err));
    }
    if (count > 0) {
        AMS_TRY(
            check_layout(file, name, set, list, count, ams_h5_stored_size(file, type), err));
    }
out:
    H5Tclose(type);
    H5Pclose(list);
    return status;
}
