#include "data/unzip.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 1 << 16, MAGIC = 3, WITH_GZIP_HEADER = 16 };

struct ams_unzip {
    int fd;
    uint64_t bytes;
    bool begun, ended;
    bool gzip;    /* stream is initialised */
    bool between; /* members: the last one has ended */
    z_stream stream;
    unsigned char *out; /* BLOCK bytes; of a gzip file alone */
    unsigned char in[BLOCK];
};

ams_status ams_unzip_create(ams_unzip **unzip, int fd, ams_error *err)
{
    ams_unzip *u = malloc(sizeof *u);
    *unzip = u;
    if (u == NULL) {
        return ams_no_memory(err, sizeof *u, "a decoder");
    }
    u->fd = fd;
    u->bytes = 0;
    u->out = NULL;
    u->begun = u->ended = u->gzip = u->between = false;
    u->stream = (z_stream){.next_in = u->in};
    return AMS_OK;
}

void ams_unzip_destroy(ams_unzip *unzip)
{
    if (unzip == NULL) {
        return;
    }
    if (unzip->gzip) {
        (void)inflateEnd(&unzip->stream);
    }
    free(unzip->out);
    free(unzip);
}

/* Appends what can be read now to stream.next_in; *got is 0 at the end of the file. */
static ams_status fill(ams_unzip *u, size_t *got, ams_error *err)
{
    ssize_t n = 0;
    if (u->stream.avail_in > 0) {
        memmove(u->in, u->stream.next_in, u->stream.avail_in);
    }
    u->stream.next_in = u->in;
    do {
        n = read(u->fd, u->in + u->stream.avail_in, BLOCK - u->stream.avail_in);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return ams_fail(err, AMS_IO, "%s", strerror(errno));
    }
    u->stream.avail_in += (uInt)n;
    u->bytes += (uint64_t)n;
    *got = (size_t)n;
    return AMS_OK;
}

/* Whether next_in begins a gzip member; reads until that can be said. */
static ams_status begins_member(ams_unzip *u, bool *begins, ams_error *err)
{
    static const unsigned char magic[MAGIC] = {0x1F, 0x8B, Z_DEFLATED};
    ams_status status = AMS_OK;
    for (size_t got = 1; status == AMS_OK && got > 0 && u->stream.avail_in < MAGIC;) {
        status = fill(u, &got, err);
    }
    *begins = u->stream.avail_in >= MAGIC && memcmp(u->stream.next_in, magic, MAGIC) == 0;
    return status;
}

static ams_status begin(ams_unzip *u, ams_error *err)
{
    bool gzip = false;
    ams_status status = begins_member(u, &gzip, err);
    u->begun = true;
    if (status == AMS_OK && gzip) {
        u->out = malloc(BLOCK);
        if (u->out == NULL || inflateInit2(&u->stream, MAX_WBITS + WITH_GZIP_HEADER) != Z_OK) {
            return ams_no_memory(err, BLOCK, "a decoder");
        }
        u->gzip = true;
    }
    return status;
}

static ams_status next_plain(ams_unzip *u, const void **block, size_t *size, ams_error *err)
{
    size_t got = 0;
    ams_status status = u->stream.avail_in > 0 ? AMS_OK : fill(u, &got, err);
    *block = u->stream.next_in;
    *size = u->stream.avail_in;
    u->stream.avail_in = 0;
    return status;
}

/* What follows a member: another one, zeros as tapes pad with, or the end. */
static ams_status next_member(ams_unzip *u, ams_error *err)
{
    bool member = false;
    ams_status status = begins_member(u, &member, err);
    u->between = false;
    if (status != AMS_OK) {
        return status;
    }
    if (member) {
        return inflateReset(&u->stream) == Z_OK
                   ? AMS_OK
                   : ams_fail(err, AMS_BACKEND, "zlib cannot begin a second gzip member");
    }
    u->ended = true;
    for (size_t got = 1; got > 0;) {
        for (uInt i = 0; i < u->stream.avail_in; i++) {
            if (u->stream.next_in[i] != 0) {
                return ams_fail(err, AMS_BAD_DATA,
                                "the gzip data end before the file does, other bytes follow");
            }
        }
        u->stream.avail_in = 0;
        status = fill(u, &got, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    return AMS_OK;
}

static ams_status inflate_some(ams_unzip *u, ams_error *err)
{
    size_t got = 1;
    ams_status status = u->stream.avail_in > 0 ? AMS_OK : fill(u, &got, err);
    if (status != AMS_OK) {
        return status;
    }
    const int code = inflate(&u->stream, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
        u->between = true;
        return AMS_OK;
    }
    if (code == Z_BUF_ERROR && got == 0) {
        return ams_fail(err, AMS_BAD_DATA, "the gzip data end too early");
    }
    if (code != Z_OK && code != Z_BUF_ERROR) {
        return ams_fail(err, AMS_BAD_DATA, "the gzip data are damaged: %s",
                        u->stream.msg == NULL ? "zlib gives no reason" : u->stream.msg);
    }
    return AMS_OK;
}

ams_status ams_unzip_next(ams_unzip *u, const void **block, size_t *size, ams_error *err)
{
    ams_status status = u->begun ? AMS_OK : begin(u, err);
    *size = 0;
    if (status == AMS_OK && !u->gzip) {
        return next_plain(u, block, size, err);
    }
    u->stream.next_out = u->out;
    u->stream.avail_out = BLOCK;
    while (status == AMS_OK && !u->ended && u->stream.avail_out == BLOCK) {
        status = u->between ? next_member(u, err) : inflate_some(u, err);
    }
    *block = u->out;
    *size = BLOCK - u->stream.avail_out;
    return status;
}

uint64_t ams_unzip_bytes(const ams_unzip *unzip)
{
    return unzip->bytes;
}
