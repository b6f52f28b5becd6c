#include "env/h5_types.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static herr_t keep_description(unsigned n, const H5E_error2_t *error, void *context)
{
    const char **description = context;
    if (n == 0 && error->desc != NULL) {
        *description = error->desc;
    }
    return 0;
}

/* Of a failure of the system the library prints the time, a line's end, and addresses around
 * what the system says, which alone is of use. */
const char *ams_h5_reason(void)
{
    static const char begin[] = "error message = '";
    static _Thread_local char said[128];
    const char *description = "no reason given";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_description, &description);
    const char *at = strstr(description, begin);
    if (at == NULL) {
        return description;
    }
    at += sizeof begin - 1;
    snprintf(said, sizeof said, "%.*s", (int)strcspn(at, "'"), at);
    return said;
}

ams_status ams_h5_cannot_read(const ams_h5 *file, const char *set, ams_error *err)
{
    return ams_fail(
        err, AMS_BAD_DATA,
        "%s: %s cannot be read (HDF5: %s); the file is damaged, restore or import it "
        "again",
        file->path, set, ams_h5_reason());
}

ams_status ams_h5_cannot_write(const char *path, const char *set, ams_error *err)
{
    return ams_fail(err, AMS_IO, "%s: cannot write %s (HDF5: %s); is the disk full?", path, set,
                    ams_h5_reason());
}

hid_t ams_h5_memory_type(ams_h5_type type)
{
    switch (type) {
    case AMS_H5_U8:
        return H5T_NATIVE_UINT8;
    case AMS_H5_U32:
        return H5T_NATIVE_UINT32;
    case AMS_H5_U64:
        return H5T_NATIVE_UINT64;
    case AMS_H5_F32:
        return H5T_NATIVE_FLOAT;
    }
    return -1;
}

/* ---- the file ---- */

hid_t ams_h5_timeless(hid_t kind)
{
    hid_t list = H5Pcreate(kind);
    if (list >= 0 && H5Pset_obj_track_times(list, false) < 0) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

/* Locks off: files are renamed into place when whole, and some network file systems refuse
 * locks. */
static hid_t access_list(bool creating)
{
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    if (list < 0 || H5Pset_file_locking(list, false, true) < 0 ||
        H5Pset_fclose_degree(list, H5F_CLOSE_STRONG) < 0 ||
        (creating && H5Pset_libver_bounds(list, H5F_LIBVER_V110, H5F_LIBVER_V110) < 0)) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

/* Its stack of errors is not printed: our message says what matters. Its exit handler is not
 * installed: after a failed close (a full disk) it would try to close again, and crash; files
 * are closed here in every case. The second call is refused once the library runs, which is
 * fine. */
static void begin_library(void)
{
    (void)H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* The system's own reasons first: HDF5 drowns them. */
static ams_status check_regular(const char *path, uint64_t *size, ams_error *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) != 0) {
        ams_status status = ams_fail(err, AMS_IO, "cannot open %s: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return status;
    }
    close(fd);
    if (!S_ISREG(info.st_mode)) {
        return ams_fail(err, AMS_IO, "cannot read %s: it is %s, not a file", path,
                        S_ISDIR(info.st_mode) ? "a directory" : "a device or a pipe");
    }
    if (info.st_size == 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: an outputs file (HDF5) was expected, it is empty", path);
    }
    *size = (uint64_t)info.st_size;
    return AMS_OK;
}

/* HDF5 marks a file that is being written. */
static ams_status cannot_open(const char *path, ams_error *err)
{
    const char *reason = ams_h5_reason();
    if (strstr(reason, "already open for") != NULL || strstr(reason, "lock file") != NULL) {
        return ams_fail(err, AMS_IO,
                        "%s: another program has it open for writing (HDF5: %s); close it "
                        "there. If that program was killed, `h5clear -s %s` ends it",
                        path, reason, path);
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "%s: cannot be opened (HDF5: %s); it is damaged or truncated, restore or "
                    "import it again",
                    path, reason);
}

ams_status ams_h5_open(ams_h5 *file, const char *path, ams_error *err)
{
    *file = (ams_h5){0};
    uint64_t size = 0;
    ams_status status = check_regular(path, &size, err);
    if (status != AMS_OK) {
        return status;
    }
    begin_library();
    if (H5Fis_hdf5(path) <= 0) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "%s: an outputs file (HDF5) was expected, this is no HDF5 file; recorded "
            "rows become one with `ams data import`",
            path);
    }
    hid_t list = access_list(false);
    status = list < 0 ? AMS_OK : ams_h5_try(path, list, size, err);
    hid_t id = list < 0 || status != AMS_OK ? -1 : H5Fopen(path, H5F_ACC_RDONLY, list);
    if (id < 0 && status == AMS_OK) {
        status = cannot_open(path, err);
    }
    H5Pclose(list);
    if (status == AMS_OK && ams_copy_text(&file->path, path, err) != AMS_OK) {
        H5Fclose(id);
        status = AMS_BACKEND;
    }
    if (status == AMS_OK) {
        file->id = id;
        file->size = size;
    }
    return status;
}

ams_status ams_h5_create(ams_h5 *file, const char *path, ams_error *err)
{
    *file = (ams_h5){0};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return ams_fail(err, AMS_IO, "cannot write %s: %s", path, strerror(errno));
    }
    close(fd);
    ams_status status = ams_copy_text(&file->path, path, err);
    if (status != AMS_OK) {
        unlink(path);
        return status;
    }
    begin_library();
    hid_t list = access_list(true);
    hid_t root = ams_h5_timeless(H5P_FILE_CREATE);
    hid_t id = list < 0 || root < 0 ? -1 : H5Fcreate(path, H5F_ACC_TRUNC, root, list);
    H5Pclose(root);
    if (id < 0) {
        status = ams_h5_cannot_write(path, "the file", err);
        unlink(path);
        free(file->path);
        file->path = NULL;
    } else {
        file->id = id;
    }
    H5Pclose(list);
    return status;
}

ams_status ams_h5_close(ams_h5 *file, ams_error *err)
{
    ams_status status = AMS_OK;
    if (file->id > 0) {
        bool flushed = H5Fflush(file->id, H5F_SCOPE_GLOBAL) >= 0;
        if (!flushed) {
            status = ams_h5_cannot_write(file->path, "the file", err);
        }
        if (H5Fclose(file->id) < 0 && flushed) {
            status = ams_h5_cannot_write(file->path, "the file", err);
        }
    }
    free(file->path);
    *file = (ams_h5){0};
    return status;
}

void ams_h5_version(unsigned version[3])
{
    H5get_libversion(&version[0], &version[1], &version[2]);
}
