/* links.ams: fitted links with everything that using them needs. Layout: docs/format.md.
 *
 * M models, D columns. */
#ifndef AMS_LINK_FILE_H
#define AMS_LINK_FILE_H

#include "ams/links.h"
#include "ams/sections.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A file holds any maps: those of single sources, of one chosen set, of any subset. */
typedef struct ams_link_file {
    char data_hash[AMS_HASH_TEXT]; /* of the data they were fitted to */
    ams_names model_name;          /* (M) */
    float *time_ms, *mem_mb;       /* (M) */
    ams_names label_name;          /* of the columns */
    ams_link_space space;          /* label: index in label_name, until it is mapped */
    ams_link_map *map;             /* (n_maps) */
    uint32_t n_maps;
    uint32_t chosen; /* index of the map of a chosen set, or AMS_LINK_NOT_CHOSEN */
} ams_link_file;
#define AMS_LINK_NOT_CHOSEN UINT32_MAX

/* Names and costs are the table's, columns the space's.
 * @return AMS_IO, AMS_BACKEND. */
ams_status ams_link_file_write(const char *path, const ams_table *table,
                               const char data_hash[AMS_HASH_TEXT], const ams_link_space *space,
                               const ams_link_map *const *map, uint32_t n_maps, uint32_t chosen,
                               ams_error *err);
/* Trusts no byte: magic, lengths, CRC-32 of each section, then ranges.
 * @return AMS_IO, AMS_BAD_DATA. On failure the struct is all zero. */
ams_status ams_link_file_read(ams_link_file *file, const char *path, ams_error *err);
/* The same from bytes in memory (fuzzed); `path` is for messages. */
ams_status ams_link_file_parse(ams_link_file *file, const void *bytes, size_t size,
                               const char *path, ams_error *err);
void ams_link_file_fini(ams_link_file *file);

/* Makes the columns those of a table, by name. Labels that the table does not have are never
 * seen; labels that the links do not know count as `other`.
 * @return AMS_BAD_DATA unless both have the same models in the same order. */
ams_status ams_link_file_fit_table(ams_link_file *file, const ams_table *table, ams_error *err);
/* The map of any subset; NULL: the file has none. */
const ams_link_map *ams_link_file_any(const ams_link_file *file);

#ifdef __cplusplus
}
#endif
#endif
