#include "tests/env/h5_files.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* An id of the library, or the end of the test. */
static hid_t need(hid_t id, const char *what)
{
    if (id < 0) {
        fprintf(stderr, "h5_files: %s failed\n", what);
        abort();
    }
    return id;
}

static hid_t open_file(const char *path)
{
    return need(H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), path);
}

static void remove_from(hid_t file, const char *set)
{
    if (H5Lexists(file, set, H5P_DEFAULT) > 0) {
        need(H5Ldelete(file, set, H5P_DEFAULT), "H5Ldelete");
    }
}

static hid_t text_type(size_t width)
{
    hid_t type = need(H5Tcopy(H5T_C_S1), "H5Tcopy");
    need(H5Tset_size(type, width), "H5Tset_size");
    need(H5Tset_cset(type, H5T_CSET_UTF8), "H5Tset_cset");
    return type;
}

/* list: H5P_DEFAULT, or one that asks for chunks; then the set may grow, as chunks longer than
 * it require. */
static hid_t make_set(hid_t file, const char *name, hid_t type, int rank,
                      const uint64_t *extents, hid_t list)
{
    hsize_t extent[3] = {0};
    hsize_t most[3] = {0};
    for (int i = 0; i < rank; i++) {
        extent[i] = extents[i];
        most[i] = i == 0 && list != H5P_DEFAULT && H5Pget_layout(list) == H5D_CHUNKED
                      ? H5S_UNLIMITED
                      : extents[i];
    }
    hid_t space = need(H5Screate_simple(rank, extent, most), "H5Screate_simple");
    hid_t set = need(H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT), name);
    H5Sclose(space);
    return set;
}

static void put_set(hid_t file, const char *name, hid_t type, int rank, const uint64_t *extents,
                    const void *values)
{
    hid_t set = make_set(file, name, type, rank, extents, H5P_DEFAULT);
    need(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), "H5Dwrite");
    H5Dclose(set);
}

static void replace(const char *path, const char *name, hid_t type, int rank,
                    const uint64_t *extents, const void *values)
{
    hid_t file = open_file(path);
    remove_from(file, name);
    put_set(file, name, type, rank, extents, values);
    need(H5Fclose(file), "H5Fclose");
}

void remove_set(const char *path, const char *set)
{
    hid_t file = open_file(path);
    remove_from(file, set);
    need(H5Fclose(file), "H5Fclose");
}

void shorten_chunk(const char *path, const char *set, size_t bytes)
{
    hid_t file = open_file(path);
    const hid_t old = H5Dopen2(file, set, H5P_DEFAULT);
    const hid_t type = H5Dget_type(old);
    const hid_t space = H5Dget_space(old);
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t extents[2] = {0, 0};
    const hsize_t first[2] = {0, 0};
    const int rank = H5Sget_simple_extent_dims(space, extents, NULL);
    unsigned char *zeros = calloc(bytes + 1, 1);
    uLongf size = compressBound(bytes);
    unsigned char *packed = calloc(size, 1);
    need(compress2(packed, &size, zeros, bytes, 9), "compress2");
    need(H5Dclose(old), "H5Dclose");
    remove_from(file, set);
    need(H5Pset_chunk(list, rank, extents), "H5Pset_chunk");
    need(H5Pset_deflate(list, 4), "H5Pset_deflate");
    const hid_t new = H5Dcreate2(file, set, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    need(H5Dwrite_chunk(new, H5P_DEFAULT, 0, first, size, packed), "H5Dwrite_chunk");
    need(H5Dclose(new), "H5Dclose");
    need(H5Fclose(file), "H5Fclose");
    H5Pclose(list);
    H5Sclose(space);
    H5Tclose(type);
    free(zeros);
    free(packed);
}

void store_words(const char *path, const char *set, const stored_words *form, int rank,
                 const uint64_t *extents, const uint32_t *values)
{
    const hid_t file = need(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), path);
    const hid_t list = need(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
    const hsize_t chunk[2] = {form->chunk[0], form->chunk[1]};
    need(H5Pset_chunk(list, rank, chunk), "H5Pset_chunk");
    for (const char *at = form->filters; *at != '\0'; at++) {
        need(*at == 's'   ? H5Pset_shuffle(list)
             : *at == 'd' ? H5Pset_deflate(list, 4)
                          : H5Pset_fletcher32(list),
             "a filter");
    }
    const hid_t set_id = make_set(file, set, form->other_order ? H5T_STD_U32BE : H5T_STD_U32LE,
                                  rank, extents, list);
    need(H5Dwrite(set_id, H5T_NATIVE_UINT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values),
         "H5Dwrite");
    H5Dclose(set_id);
    H5Pclose(list);
    need(H5Fclose(file), "H5Fclose");
}

void damage_chunk(const char *path, const char *set, uint64_t row)
{
    const hid_t file = open_file(path);
    const hid_t set_id = need(H5Dopen2(file, set, H5P_DEFAULT), set);
    const hsize_t offset[2] = {row, 0};
    unsigned mask = 0;
    haddr_t address = 0;
    hsize_t size = 0;
    need(H5Dget_chunk_info_by_coord(set_id, offset, &mask, &address, &size), "chunk");
    H5Dclose(set_id);
    need(H5Fclose(file), "H5Fclose");
    FILE *stream = fopen(path, "r+b");
    need(stream == NULL ? -1 : fseek(stream, (long)(address + size / 2), SEEK_SET), path);
    const int byte = fgetc(stream);
    need(fseek(stream, -1, SEEK_CUR), path);
    need(fputc(byte ^ 0x10, stream), path);
    need(fclose(stream), path);
}

void *read_whole(const char *path, const char *set, size_t *bytes)
{
    const hid_t file = open_file(path);
    const hid_t set_id = need(H5Dopen2(file, set, H5P_DEFAULT), set);
    const hid_t type = need(H5Dget_type(set_id), "H5Dget_type");
    const hid_t space = need(H5Dget_space(set_id), "H5Dget_space");
    *bytes = (size_t)H5Sget_simple_extent_npoints(space) * H5Tget_size(type);
    void *values = calloc(*bytes + 1, 1);
    if (*bytes > 0) {
        need(H5Dread(set_id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), "H5Dread");
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(set_id);
    need(H5Fclose(file), "H5Fclose");
    return values;
}

void replace_floats(const char *path, const char *set, int rank, const uint64_t *extents,
                    const double *values)
{
    replace(path, set, H5T_NATIVE_DOUBLE, rank, extents, values);
}

void replace_integers(const char *path, const char *set, int rank, const uint64_t *extents,
                      const int64_t *values)
{
    replace(path, set, H5T_NATIVE_INT64, rank, extents, values);
}

void replace_texts(const char *path, const char *set, uint64_t n, const char *const *texts)
{
    hid_t type = text_type(H5T_VARIABLE);
    replace(path, set, type, 1, &n, texts);
    H5Tclose(type);
}

void replace_padded_texts(const char *path, const char *set, uint64_t n, size_t width,
                          const char *texts)
{
    hid_t type = text_type(width);
    need(H5Tset_strpad(type, H5T_STR_SPACEPAD), "H5Tset_strpad");
    replace(path, set, type, 1, &n, texts);
    H5Tclose(type);
}

void claim_set(const char *path, const char *set, claimed_type type, int rank,
               const uint64_t *extents, uint64_t chunk)
{
    hsize_t chunks[2] = {chunk, rank == 2 ? extents[1] : 0};
    hid_t file = open_file(path);
    hid_t list = need(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
    need(H5Pset_chunk(list, rank, chunks), "H5Pset_chunk");
    hid_t text = text_type(H5T_VARIABLE);
    hid_t types[] = {H5T_NATIVE_DOUBLE, H5T_NATIVE_INT64, text};
    remove_from(file, set);
    H5Dclose(make_set(file, set, types[type], rank, extents, list));
    H5Tclose(text);
    H5Pclose(list);
    need(H5Fclose(file), "H5Fclose");
}

void put_outside(const char *path, const char *set, uint64_t n, const char *other)
{
    hid_t file = open_file(path);
    hid_t list = need(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
    need(H5Pset_external(list, other, 0, n * sizeof(float)), "H5Pset_external");
    remove_from(file, set);
    H5Dclose(make_set(file, set, H5T_NATIVE_FLOAT, 1, &n, list));
    H5Pclose(list);
    need(H5Fclose(file), "H5Fclose");
}

void link_softly(const char *path, const char *set, const char *target)
{
    hid_t file = open_file(path);
    remove_from(file, set);
    need(H5Lcreate_soft(target, file, set, H5P_DEFAULT, H5P_DEFAULT), "H5Lcreate_soft");
    need(H5Fclose(file), "H5Fclose");
}

/* ---- attributes ---- */

static void put_attribute(hid_t file, const char *name, hid_t type, hid_t space,
                          const void *values)
{
    if (H5Aexists(file, name) > 0) {
        need(H5Adelete(file, name), "H5Adelete");
    }
    hid_t id = need(H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT), name);
    need(H5Awrite(id, type, values), "H5Awrite");
    H5Aclose(id);
    H5Sclose(space);
}

static void put_text_attribute(hid_t file, const char *name, const char *text)
{
    hid_t type = text_type(H5T_VARIABLE);
    put_attribute(file, name, type, need(H5Screate(H5S_SCALAR), "H5Screate"), &text);
    H5Tclose(type);
}

void remove_attribute(const char *path, const char *name)
{
    hid_t file = open_file(path);
    need(H5Adelete(file, name), "H5Adelete");
    need(H5Fclose(file), "H5Fclose");
}

void set_text_attribute(const char *path, const char *name, const char *text)
{
    hid_t file = open_file(path);
    put_text_attribute(file, name, text);
    need(H5Fclose(file), "H5Fclose");
}

void set_integer_attribute(const char *path, const char *name, uint64_t n,
                           const int64_t *values)
{
    hsize_t extent = n;
    hid_t file = open_file(path);
    hid_t space = n == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, NULL);
    put_attribute(file, name, H5T_NATIVE_INT64, need(space, "H5Screate"), values);
    need(H5Fclose(file), "H5Fclose");
}

/* ---- a whole file ---- */

static void *new_array(uint64_t n, size_t size)
{
    void *array = calloc(n + 1, size);
    if (array == NULL) {
        abort();
    }
    return array;
}

static void put_floats(hid_t file, const char *name, int rank, const uint64_t *extents,
                       const float *from)
{
    uint64_t n = extents[0] * (rank == 2 ? extents[1] : 1);
    double *values = new_array(n, sizeof *values);
    for (uint64_t i = 0; i < n; i++) {
        values[i] = (double)from[i];
    }
    put_set(file, name, H5T_NATIVE_DOUBLE, rank, extents, values);
    free(values);
}

/* The array that is not NULL. */
static void put_integers(hid_t file, const char *name, uint64_t n, const uint8_t *bytes,
                         const uint32_t *words, const uint64_t *longs)
{
    int64_t *values = new_array(n, sizeof *values);
    for (uint64_t i = 0; i < n; i++) {
        values[i] = (int64_t)(bytes != NULL ? bytes[i] : words != NULL ? words[i] : longs[i]);
    }
    put_set(file, name, H5T_NATIVE_INT64, 1, &n, values);
    free(values);
}

/* names in order, or those that index (n) picks. */
static void put_texts(hid_t file, const char *name, const ams_names *names,
                      const uint32_t *index, uint64_t n)
{
    hid_t type = text_type(H5T_VARIABLE);
    const char **texts = new_array(n, sizeof *texts);
    for (uint32_t i = 0; i < n; i++) {
        texts[i] = ams_names_get(names, index == NULL ? i : index[i]);
    }
    put_set(file, name, type, 1, &n, texts);
    free(texts);
    H5Tclose(type);
}

static void put_head(hid_t file, const ams_table *t)
{
    const uint64_t m = t->n_models;
    const uint64_t n = t->n_items;
    static const char *const groups[] = {"/models", "/labels", "/items", "/outputs"};
    for (int i = 0; i < 4; i++) {
        H5Gclose(need(H5Gcreate2(file, groups[i], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                      groups[i]));
    }
    const char *const attributes[][2] = {{"name", t->name},
                                         {"created", t->created},
                                         {"generator", t->generator},
                                         {"source", t->source},
                                         {"license", t->license}};
    put_text_attribute(file, "format", "ams-outputs");
    for (int i = 0; i < 5; i++) {
        if (attributes[i][1][0] != '\0') {
            put_text_attribute(file, attributes[i][0], attributes[i][1]);
        }
    }
    int64_t version = 1;
    put_attribute(file, "version", H5T_NATIVE_INT64, H5Screate(H5S_SCALAR), &version);
    put_texts(file, "/models/name", &t->model_name, NULL, m);
    put_texts(file, "/models/task", &t->task_name, t->model_task, m);
    put_floats(file, "/models/theta", 1, &m, t->theta);
    put_floats(file, "/models/time_ms", 1, &m, t->time_ms);
    put_floats(file, "/models/mem_mb", 1, &m, t->mem_mb);
    put_texts(file, "/labels/name", &t->label_name, NULL, t->n_labels);
    put_texts(file, "/items/id", &t->item_id, NULL, n);
    put_texts(file, "/items/group", &t->group_name, t->item_group, n);
    put_integers(file, "/items/split", n, t->split, NULL, NULL);
}

void write_like_h5py(const ams_table *table, const char *path)
{
    const ams_table *t = table;
    const uint64_t runs[2] = {t->n_items, t->n_models};
    const uint64_t nnz = ams_table_outputs(t);
    hid_t file = need(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), path);
    put_head(file, t);
    put_integers(file, "/outputs/indptr", runs[0] * runs[1] + 1, NULL, NULL, t->indptr);
    put_integers(file, "/outputs/label", nnz, NULL, t->label, NULL);
    put_floats(file, "/outputs/conf", 1, &nnz, t->conf);
    if (t->run_time_ms != NULL) {
        put_floats(file, "/outputs/time_ms", 2, runs, t->run_time_ms);
    }
    need(H5Fclose(file), "H5Fclose");
}
