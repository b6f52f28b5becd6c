#include "data/spool.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The window starts small, since runs in another order than the rows' are read one by one, and
 * doubles while the runs come one after the other. */
enum { WRITE_BUFFER = 1 << 17, SMALLEST_WINDOW = 1 << 10, LARGEST_WINDOW = 1 << 18 };

typedef struct spool_record_head {
    uint64_t line;
    uint32_t file, count;
} spool_record_head;

struct ams_spool {
    int fd;
    char *output;
    char *pending; /* (WRITE_BUFFER) not yet written */
    size_t n_pending;
    uint64_t written;
    char *window; /* bytes [window_start, window_start + window_size) of the file */
    size_t window_capacity, window_size, window_step;
    uint64_t window_start;
};

static ams_status spool_failure(const ams_spool *spool, const char *action, ams_error *err)
{
    return ams_fail(err, AMS_IO, "cannot %s the temporary file for %s: %s", action,
                    spool->output, strerror(errno));
}

ams_status ams_spool_create(ams_spool **spool, const char *output, ams_error *err)
{
    *spool = NULL;
    ams_spool *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return ams_no_memory(err, sizeof *s, "a temporary file");
    }
    s->fd = -1;
    s->window_step = SMALLEST_WINDOW;
    char *name = NULL;
    char *temporary = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&s->output, output, err));
    AMS_TRY(ams_alloc_unset(&s->pending, WRITE_BUFFER, 1, "a temporary file", err));
    if (asprintf(&name, "%s.spool", output) < 0) {
        name = NULL;
        status = ams_no_memory(err, strlen(output), "a path");
        goto out;
    }
    AMS_TRY(ams_temporary_path(&temporary, name, err));
    s->fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (s->fd < 0 || unlink(temporary) != 0) {
        status = spool_failure(s, "create", err);
    }
out:
    free(name);
    free(temporary);
    if (status != AMS_OK) {
        ams_spool_destroy(s);
        return status;
    }
    *spool = s;
    return AMS_OK;
}

void ams_spool_destroy(ams_spool *spool)
{
    if (spool == NULL) {
        return;
    }
    if (spool->fd >= 0) {
        close(spool->fd);
    }
    free(spool->output);
    free(spool->pending);
    free(spool->window);
    free(spool);
}

static ams_status write_all(ams_spool *spool, const char *bytes, size_t size, ams_error *err)
{
    while (size > 0) {
        ssize_t put = write(spool->fd, bytes, size);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return spool_failure(spool, "write", err);
        }
        bytes += put;
        size -= (size_t)put;
        spool->written += (uint64_t)put;
    }
    return AMS_OK;
}

static ams_status flush(ams_spool *spool, ams_error *err)
{
    ams_status status = write_all(spool, spool->pending, spool->n_pending, err);
    spool->n_pending = 0;
    return status;
}

static ams_status put(ams_spool *spool, const void *bytes, size_t size, ams_error *err)
{
    if (size > WRITE_BUFFER - spool->n_pending) {
        ams_status status = flush(spool, err);
        if (status != AMS_OK || size > WRITE_BUFFER) {
            return status != AMS_OK ? status : write_all(spool, bytes, size, err);
        }
    }
    memcpy(spool->pending + spool->n_pending, bytes, size);
    spool->n_pending += size;
    return AMS_OK;
}

ams_status ams_spool_add(ams_spool *spool, const ams_spool_run *run, uint64_t *offset,
                         ams_error *err)
{
    spool_record_head head = {.line = run->line, .file = run->file, .count = run->count};
    *offset = spool->written + spool->n_pending;
    ams_status status = put(spool, &head, sizeof head, err);
    if (status == AMS_OK && run->count > 0) {
        status = put(spool, run->output, run->count * sizeof *run->output, err);
    }
    return status;
}

/* Makes `size` bytes from `offset` on stand in the window. */
static ams_status load(ams_spool *spool, uint64_t offset, size_t size, ams_error *err)
{
    uint64_t end = spool->window_start + spool->window_size;
    if (offset >= spool->window_start && offset + size <= end) {
        return AMS_OK;
    }
    bool forward = offset >= spool->window_start && offset <= end;
    spool->window_step = !forward                              ? SMALLEST_WINDOW
                         : spool->window_step < LARGEST_WINDOW ? spool->window_step * 2
                                                               : LARGEST_WINDOW;
    size_t wanted = size > spool->window_step ? size : spool->window_step;
    ams_status status =
        ams_grow(&spool->window, &spool->window_capacity, wanted, 1, "a window", err);
    if (status != AMS_OK) {
        return status;
    }
    spool->window_start = offset;
    spool->window_size = 0;
    while (spool->window_size < wanted) {
        ssize_t got = pread(spool->fd, spool->window + spool->window_size,
                            wanted - spool->window_size, (off_t)(offset + spool->window_size));
        if (got < 0 && errno != EINTR) {
            return spool_failure(spool, "read", err);
        }
        if (got == 0) {
            break;
        }
        spool->window_size += got > 0 ? (size_t)got : 0;
    }
    if (spool->window_size < size) {
        errno = EIO;
        return spool_failure(spool, "read", err);
    }
    return AMS_OK;
}

ams_status ams_spool_read(ams_spool *spool, uint64_t offset, ams_spool_run *run, ams_error *err)
{
    ams_status status = flush(spool, err);
    if (status == AMS_OK) {
        status = load(spool, offset, sizeof(spool_record_head), err);
    }
    if (status != AMS_OK) {
        return status;
    }
    spool_record_head head;
    memcpy(&head, spool->window + (offset - spool->window_start), sizeof head);
    size_t size = head.count * sizeof *run->output;
    status = load(spool, offset, sizeof head + size, err);
    if (status != AMS_OK) {
        return status;
    }
    /* Records are multiples of 8 bytes, and so are their offsets: aligned for ams_spool_output
     * wherever the window starts, since it starts at a record. */
    const void *outputs = spool->window + (offset - spool->window_start) + sizeof head;
    *run = (ams_spool_run){
        .line = head.line, .file = head.file, .count = head.count, .output = outputs};
    return AMS_OK;
}
