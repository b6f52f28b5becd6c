#include "ams/sections.h"

#include "base/file.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "sections are written as they lie in memory, which must be little-endian");

typedef struct section_header {
    char tag[AMS_TAG];
    uint64_t size;
    uint32_t crc; /* of tag, size and bytes, so that a damaged header is noticed too */
    uint32_t zero;
} section_header;
_Static_assert(sizeof(section_header) == 24, "no padding");

static uint32_t section_crc(const section_header *header, const void *data)
{
    uLong crc = crc32(0, (const Bytef *)header, sizeof header->tag + sizeof header->size);
    /* zlib treats NULL with no bytes as a new start and would forget the header. */
    return header->size == 0 ? (uint32_t)crc : (uint32_t)crc32_z(crc, data, header->size);
}

static ams_status append(ams_blob *blob, const void *data, size_t size, ams_error *err)
{
    ams_status status =
        ams_grow(&blob->data, &blob->capacity, blob->size + size, 1, "a file in memory", err);
    if (status == AMS_OK && size > 0) {
        memcpy(blob->data + blob->size, data, size);
        blob->size += size;
    }
    return status;
}

ams_status ams_blob_begin(ams_blob *blob, const char *magic, ams_error *err)
{
    char padded[AMS_TAG] = {0};
    memcpy(padded, magic, strnlen(magic, AMS_TAG));
    blob->size = 0;
    return append(blob, padded, sizeof padded, err);
}

ams_status ams_blob_add(ams_blob *blob, const char *tag, const void *data, size_t size,
                        ams_error *err)
{
    section_header header = {.size = size};
    memcpy(header.tag, tag, strnlen(tag, AMS_TAG));
    header.crc = section_crc(&header, data);
    ams_status status = append(blob, &header, sizeof header, err);
    return status == AMS_OK ? append(blob, data, size, err) : status;
}

void ams_blob_fini(ams_blob *blob)
{
    free(blob->data);
    *blob = (ams_blob){0};
}

static ams_status print_blob(FILE *stream, const void *context, ams_error *err)
{
    const ams_blob *blob = context;
    (void)err;
    fwrite(blob->data, 1, blob->size, stream);
    return AMS_OK;
}

ams_status ams_blob_write(const ams_blob *blob, const char *path, ams_error *err)
{
    return ams_file_write(NULL, path, print_blob, blob, err);
}

/* The header at *at, checked; moves *at past the section. */
static ams_status next_section(const ams_sections *s, size_t *at, section_header *header,
                               ams_error *err)
{
    if (s->size - *at < sizeof *header) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: truncated: expected a section header at byte %zu, found %zu bytes",
                        s->path, *at, s->size - *at);
    }
    memcpy(header, s->bytes + *at, sizeof *header);
    size_t left = s->size - *at - sizeof *header;
    if (header->size > left) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: truncated: section '%.8s' at byte %zu says %llu bytes, found %zu",
                        s->path, header->tag, *at, (unsigned long long)header->size, left);
    }
    uint32_t crc = section_crc(header, s->bytes + *at + sizeof *header);
    if (crc != header->crc || header->zero != 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: damaged: section '%.8s' has CRC %08x, expected %08x", s->path,
                        header->tag, crc, header->crc);
    }
    *at += sizeof *header + header->size;
    return AMS_OK;
}

ams_status ams_sections_open(ams_sections *sections, const void *bytes, size_t size,
                             const char *magic, const char *path, ams_error *err)
{
    *sections = (ams_sections){.bytes = bytes, .size = size, .path = path};
    char padded[AMS_TAG] = {0};
    memcpy(padded, magic, strnlen(magic, AMS_TAG));
    if (size < AMS_TAG || memcmp(bytes, padded, AMS_TAG) != 0) {
        return ams_fail(err, AMS_BAD_DATA, "%s: expected a file that starts with '%s'", path,
                        magic);
    }
    size_t at = AMS_TAG;
    while (at < size) {
        section_header header;
        ams_status status = next_section(sections, &at, &header, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    return AMS_OK;
}

bool ams_sections_has(const ams_sections *sections, const char *tag)
{
    const uint8_t *data = NULL;
    size_t size = 0;
    return ams_sections_get(sections, tag, &data, &size, NULL) == AMS_OK;
}

ams_status ams_sections_get(const ams_sections *sections, const char *tag, const uint8_t **data,
                            size_t *size, ams_error *err)
{
    for (size_t at = AMS_TAG; at < sections->size;) {
        section_header header; /* checked at open */
        memcpy(&header, sections->bytes + at, sizeof header);
        if (strncmp(header.tag, tag, AMS_TAG) == 0) {
            *data = sections->bytes + at + sizeof header;
            *size = header.size;
            return AMS_OK;
        }
        at += sizeof header + header.size;
    }
    return ams_fail(err, AMS_BAD_DATA, "%s: expected a section '%s', found none",
                    sections->path, tag);
}

ams_status ams_sections_copy(const ams_sections *sections, const char *tag, void *target,
                             size_t size, ams_error *err)
{
    const uint8_t *data = NULL;
    size_t found = 0;
    ams_status status = ams_sections_get(sections, tag, &data, &found, err);
    if (status == AMS_OK && found != size) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: section '%s': expected %zu bytes, found %zu",
                          sections->path, tag, size, found);
    }
    if (status == AMS_OK && size > 0) {
        memcpy(target, data, size);
    }
    return status;
}

static ams_status bad(const ams_sections *s, const char *what, const char *writer,
                      ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA, "%s: %s; the file is damaged or was not written by `%s`",
                    s->path, what, writer);
}

ams_status ams_sections_names(const ams_sections *sections, const char *tag, uint32_t count,
                              const char *writer, ams_names *names, ams_error *err)
{
    const uint8_t *data = NULL;
    size_t size = 0;
    uint32_t n_read = 0; /* distinct or not */
    ams_status status = ams_sections_get(sections, tag, &data, &size, err);
    for (size_t at = 0; status == AMS_OK && at < size; n_read++) {
        const uint8_t *end = memchr(data + at, 0, size - at);
        uint32_t index = 0;
        if (end == NULL) {
            return bad(sections, "a name does not end", writer, err);
        }
        const size_t length = (size_t)(end - data) - at;
        status = ams_names_add(names, (const char *)data + at, length, &index, err);
        if (status != AMS_OK) {
            ams_error_prefix(err, "%s: %s", sections->path, tag);
        }
        at += length + 1;
    }
    if (status == AMS_OK && (n_read != count || names->count != count)) {
        return bad(sections, "names are missing or stand twice", writer, err);
    }
    return status;
}

ams_status ams_sections_floats(const ams_sections *sections, const char *tag, size_t n,
                               double least, const char *writer, float **values, ams_error *err)
{
    const uint8_t *data = NULL;
    size_t size = 0;
    ams_status status = ams_sections_get(sections, tag, &data, &size, err);
    if (status == AMS_OK && size != n * sizeof **values) {
        return bad(sections, "a section has another size than its meta says", writer, err);
    }
    if (status == AMS_OK) {
        status = ams_alloc(values, n, sizeof **values, tag, err);
    }
    for (size_t i = 0; status == AMS_OK && i < n; i++) {
        memcpy(&(*values)[i], data + i * sizeof **values, sizeof **values);
        if (!isfinite((*values)[i]) || (double)(*values)[i] < least) {
            status = bad(sections,
                         least < 0 ? "a number is not finite"
                                   : "a time, memory, theta or threshold is negative or not "
                                     "finite",
                         writer, err);
        }
    }
    return status;
}
