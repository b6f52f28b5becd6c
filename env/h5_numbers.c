/* Numbers of a data set: as they are where the file holds what memory does, else converted. */
#include "env/h5_types.h"

enum { MAX_RANK = 2 };

/* Out-of-range integers end the read; HDF5 would clamp them, and a label of -1 become label 0.
 */
static H5T_conv_ret_t on_exception(H5T_conv_except_t kind, hid_t source, hid_t target,
                                   void *source_value, void *target_value, void *context)
{
    (void)source, (void)target, (void)source_value, (void)target_value;
    bool *out_of_range = context;
    if (kind == H5T_CONV_EXCEPT_RANGE_HI || kind == H5T_CONV_EXCEPT_RANGE_LOW) {
        *out_of_range = true;
        return H5T_CONV_ABORT;
    }
    return H5T_CONV_UNHANDLED;
}

/* Rows of a set that is known to have them. */
static herr_t read_rows(const ams_h5_stored *stored, hid_t list, ams_h5_type type,
                        ams_h5_rows rows, void *values)
{
    hsize_t start[MAX_RANK] = {rows.first, 0};
    hsize_t length[MAX_RANK] = {rows.count, stored->columns};
    hid_t memory = H5Screate_simple(stored->rank, length, NULL);
    hid_t space = H5Dget_space(stored->set);
    herr_t failed = -1;
    if (memory >= 0 && space >= 0 &&
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, length, NULL) >= 0) {
        failed = H5Dread(stored->set, ams_h5_memory_type(type), memory, space, list, values);
    }
    H5Sclose(space);
    H5Sclose(memory);
    return failed;
}

/* By the library, which converts. */
static ams_status convert_rows(const ams_h5_stored *stored, ams_h5_type type, ams_h5_rows rows,
                               void *values, ams_error *err)
{
    bool out_of_range = false;
    ams_status status = AMS_OK;
    AMS_TRY(ams_h5_check_chunks(stored, rows, err));
    const hid_t list = H5Pcreate(H5P_DATASET_XFER);
    if (list < 0 || H5Pset_type_conv_cb(list, on_exception, &out_of_range) < 0 ||
        (rows.count > 0 && read_rows(stored, list, type, rows, values) < 0)) {
        status = out_of_range ? ams_fail(err, AMS_BAD_DATA,
                                         "%s: %s holds a number that is negative or too large",
                                         stored->file->path, stored->name)
                              : ams_h5_cannot_read(stored->file, stored->name, err);
    }
    H5Pclose(list);
out:
    return status;
}

ams_status ams_h5_read_values(const ams_h5_stored *stored, ams_h5_type type, ams_h5_rows rows,
                              void *values, ams_error *err)
{
    const hid_t found = H5Dget_type(stored->set);
    const bool same = found >= 0 && H5Tequal(found, ams_h5_memory_type(type)) > 0;
    bool done = false;
    ams_status status = AMS_OK;
    H5Tclose(found);
    if (same) {
        status = ams_h5_unpack_rows(stored, rows, values, &done, err);
    }
    return status != AMS_OK || done ? status : convert_rows(stored, type, rows, values, err);
}
