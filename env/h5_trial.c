/* A file of an older format, read in a process of its own first. Its metadata have no
 * checksums, and where they are wrong the library reads and writes past its buffers. */
#include "env/h5_types.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIGNATURE = 8, CHECKED_VERSION = 2, SECONDS = 20, AT_ONCE = 1 << 20, WIDEST = 16 };

/* Files that are larger are not read twice. */
static const uint64_t LARGEST = UINT64_C(256) << 20;

/* What the child may take beyond what it has: a damaged length asks for gigabytes, and the
 * library fills them. */
static const uint64_t LARGEST_MEMORY = UINT64_C(1) << 30;

/* Values per byte of a file: what deflate can reach. */
static const uint64_t LARGEST_RATIO = 1100;

/* The version of the superblock, which stands at 0, 512, 1024, 2048...; -1: there is none. */
static int superblock_version(const char *path, uint64_t size)
{
    static const unsigned char signature[SIGNATURE] = {0x89, 'H',  'D',  'F',
                                                       '\r', '\n', 0x1A, '\n'};
    unsigned char head[SIGNATURE + 1];
    int version = -1;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    for (uint64_t at = 0; fd >= 0 && version < 0 && at < size; at = at == 0 ? 512 : 2 * at) {
        if (pread(fd, head, sizeof head, (off_t)at) == (ssize_t)sizeof head &&
            memcmp(head, signature, SIGNATURE) == 0) {
            version = head[SIGNATURE];
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return version;
}

/* By the exit code of the child: the library asked for more memory than it may take. */
enum { TOO_MUCH_MEMORY = 2 };

static void limit_memory(void)
{
    char text[64] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (file != NULL && fgets(text, sizeof text, file) != NULL) {
        const rlim_t pages = strtoull(text, NULL, 10);
        const rlim_t most = pages * (rlim_t)sysconf(_SC_PAGESIZE) + LARGEST_MEMORY;
        const struct rlimit limit = {most, most};
        (void)setrlimit(RLIMIT_AS, &limit);
    }
    if (file != NULL) {
        fclose(file);
    }
}

static herr_t find_no_memory(unsigned n, const H5E_error2_t *error, void *found)
{
    (void)n;
    *(bool *)found |= error->min_num == H5E_NOSPACE || error->min_num == H5E_CANTALLOC;
    return 0;
}

/* After a call of the library that failed. Without the limit it would go on, so the reader
 * proper must not try. */
static void end_without_memory(void)
{
    bool found = false;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, find_no_memory, &found);
    if (found) {
        _exit(TOO_MUCH_MEMORY);
    }
}

/* All values, some rows at a time; failures other than of memory are left to the reader proper.
 */
static void read_rows(hid_t set, hid_t type, hid_t space, size_t width, int rank,
                      hsize_t *extents)
{
    const H5T_class_t class = H5Tget_class(type);
    const hid_t target = class == H5T_INTEGER ? H5T_NATIVE_UINT64
                         : class == H5T_FLOAT ? H5T_NATIVE_FLOAT
                                              : type;
    hsize_t start[H5S_MAX_RANK] = {0};
    const hsize_t all = extents[0];
    hsize_t row = width;
    for (int i = 1; i < rank; i++) {
        row = extents[i] > AT_ONCE || row > AT_ONCE ? AT_ONCE + 1 : row * extents[i];
    }
    const hsize_t rows = row > AT_ONCE || row == 0 ? 0 : AT_ONCE / row;
    char *values = rows == 0 ? NULL : malloc(rows * row);
    for (bool good = values != NULL; good && start[0] < all; start[0] += rows) {
        extents[0] = all - start[0] < rows ? all - start[0] : rows;
        const hid_t memory = H5Screate_simple(rank, extents, NULL);
        good = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, extents, NULL) >= 0 &&
               H5Dread(set, target, memory, space, H5P_DEFAULT, values) >= 0;
        if (!good) {
            end_without_memory();
        }
        if (good && H5Tis_variable_str(type) > 0) {
            H5Dvlen_reclaim(type, memory, H5P_DEFAULT, values);
        }
        H5Sclose(memory);
    }
    free(values);
}

/* The attributes of the root, as h5_read.c reads them. */
static herr_t read_attribute(hid_t object, const char *name, const H5A_info_t *info,
                             void *context)
{
    (void)info, (void)context;
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    const hid_t type = attribute < 0 ? -1 : H5Aget_type(attribute);
    const hid_t space = attribute < 0 ? -1 : H5Aget_space(attribute);
    const hssize_t count = space < 0 ? 0 : H5Sget_simple_extent_npoints(space);
    const size_t size = type < 0 ? 0 : H5Tget_size(type);
    if (count > 0 && size > 0 && count <= AT_ONCE && size <= AT_ONCE / (size_t)count) {
        const hid_t target = H5Tget_class(type) == H5T_INTEGER ? H5T_NATIVE_UINT64 : type;
        char *values = calloc((size_t)count, size > WIDEST ? size : WIDEST);
        if (values != NULL && H5Aread(attribute, target, values) < 0) {
            end_without_memory();
        } else if (values != NULL && H5Tis_variable_str(type) > 0) {
            H5Dvlen_reclaim(type, space, H5P_DEFAULT, values);
        }
        free(values);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return 0;
}

static void read_set(hid_t file, const char *name, uint64_t file_size)
{
    hsize_t extents[H5S_MAX_RANK];
    const hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    if (set < 0) {
        return;
    }
    const hid_t type = H5Dget_type(set);
    const hid_t space = H5Dget_space(set);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const size_t size = H5Tget_size(type);
    const int rank = H5Sget_simple_extent_dims(space, extents, NULL);
    /* What a file of this size cannot hold is refused later, and not read. */
    if (rank > 0 && count > 0 && size > 0 && (uint64_t)count <= LARGEST_RATIO * file_size) {
        read_rows(set, type, space, size > WIDEST ? size : WIDEST, rank, extents);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(set);
}

/* In the child: reads everything, and comes to its end or not. */
static void read_all(const char *path, hid_t list, uint64_t size)
{
    static const char *const sets[] = {
        "/models/name",        "/models/task",      "/models/time_ms", "/models/mem_mb",
        "/models/theta",       "/models/threshold", "/models/kind",    "/labels/name",
        "/items/id",           "/items/group",      "/items/split",    "/items/truth",
        "/items/truth_indptr", "/outputs/label",    "/outputs/conf",   "/outputs/time_ms",
        "/outputs/indptr",
    };
    const struct rlimit limit = {SECONDS, SECONDS};
    const int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)setrlimit(RLIMIT_CPU, &limit);
    limit_memory();
    if (quiet >= 0) {
        (void)dup2(quiet, STDERR_FILENO);
    }
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, list);
    if (file >= 0) {
        (void)H5Aiterate2(file, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, read_attribute, NULL);
        for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
            read_set(file, sets[i], size);
        }
        H5Fclose(file);
    }
    _exit(0);
}

ams_status ams_h5_try(const char *path, int64_t list, uint64_t size, ams_error *err)
{
    const int version = superblock_version(path, size);
    int end = 0;
    if (version < 0 || version >= CHECKED_VERSION || size > LARGEST) {
        return AMS_OK;
    }
    const pid_t child = fork();
    if (child < 0) {
        return ams_fail(err, AMS_BACKEND, "cannot start a process that tries %s: %s", path,
                        strerror(errno));
    }
    if (child == 0) {
        read_all(path, list, size);
    }
    while (waitpid(child, &end, 0) < 0) {
        if (errno != EINTR) {
            return AMS_OK; /* the caller's program has others wait for its children */
        }
    }
    if (WIFEXITED(end) && WEXITSTATUS(end) == 0) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "%s: the HDF5 library does not survive reading it (%s); it is damaged, "
                    "restore or import it again",
                    path,
                    WIFSIGNALED(end) ? strsignal(WTERMSIG(end))
                    : WEXITSTATUS(end) == TOO_MUCH_MEMORY
                        ? "it asks for more than 1 GiB of memory"
                        : "an error");
}
