/* What h5.c, h5_read.c and h5_write.c share; the one place that includes hdf5.h. */
#ifndef AMS_ENV_H5_TYPES_H
#define AMS_ENV_H5_TYPES_H

#include "env/h5.h"

#include <hdf5.h>

/* What the library says of its latest failure, innermost first: valid until its next call. */
const char *ams_h5_reason(void);
ams_status ams_h5_cannot_read(const ams_h5 *file, const char *set, ams_error *err);
ams_status ams_h5_cannot_write(const char *path, const char *set, ams_error *err);
/* A creation list (H5P_..._CREATE) that writes no times, so that equal content is equal bytes;
 * < 0 on failure. H5Pclose it. */
hid_t ams_h5_timeless(hid_t kind);
hid_t ams_h5_memory_type(ams_h5_type type);

#endif
