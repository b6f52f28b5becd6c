/* Own chunks against those of HDF5's filters: the library reads the same values from both.
 * Files of own chunks are the same to the byte, whoever packed them. */
#include "env/chunk_queue.h"
#include "env/pack.h"
#include "env/packer.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "tests/base/process_team.h"
#include "tests/base/suite.h"
#include "tests/env/h5_files.h"

#include <stdlib.h>
#include <string.h>

/* Sets as those of an outputs file, of which three take turns. Chunks are as large as there, so
 * that they fill the library's cache. */
enum { SETS = 4, CHUNK = 65536, COLUMNS = 30 };

typedef struct set_kind {
    const char *name;
    ams_h5_type type;
    size_t width;
    uint64_t columns;
    bool grows;
} set_kind;
static const set_kind kinds[SETS] = {{"/bounds", AMS_H5_U64, 8, 0, false},
                                     {"/label", AMS_H5_U32, 4, 0, true},
                                     {"/conf", AMS_H5_F32, 4, 0, true},
                                     {"/time", AMS_H5_F32, 4, COLUMNS, false}};

typedef struct file_job {
    const char *path;
    uint64_t rows[SETS];
    bool own;         /* chunks packed here, not by the library's filters */
    uint32_t threads; /* beside the one that writes */
} file_job;

/* What compresses as recorded numbers do: few values, some noise. */
static void fill(unsigned char *to, size_t n, uint32_t seed)
{
    ams_rng rng = ams_rng_init(seed, 7);
    for (size_t k = 0; k < n; k++) {
        to[k] = (unsigned char)(k % 4 == 0 ? ams_rng_below(&rng, 256) : k % 4);
    }
}

typedef struct open_set {
    ams_h5_set set;
    ams_chunk_way way;
    uint64_t chunk, left; /* rows */
    size_t row_bytes;
    uint32_t n;
} open_set;

static void begin(open_set *s, const ams_h5 *file, const set_kind *kind, uint64_t rows)
{
    ams_error err;
    s->chunk = kind->columns == 0 ? CHUNK : CHUNK / kind->columns;
    s->chunk = kind->grows || rows >= s->chunk ? s->chunk : (rows > 0 ? rows : 1);
    s->left = rows;
    s->row_bytes = kind->width * (kind->columns == 0 ? 1 : kind->columns);
    ck_assert_msg(ams_h5_begin(&s->set, file, kind->name, kind->type,
                               kind->grows ? AMS_H5_GROWS : rows, kind->columns, s->chunk,
                               &err) == AMS_OK,
                  "%s", err.text);
    ams_chunk_way_init(&s->way, &s->set, s->chunk, s->row_bytes, kind->width);
}

static ams_status put(open_set *s, ams_chunk_queue *queue, unsigned char *values,
                      ams_error *err)
{
    const uint64_t now = s->left < s->chunk ? s->left : s->chunk;
    fill(values, (size_t)now * s->row_bytes, (uint32_t)(s->row_bytes * 100 + s->n++));
    s->left -= now;
    return queue != NULL ? ams_chunk_queue_add(queue, &s->way, values, now, err)
                         : ams_h5_append(&s->set, values, now, err);
}

static ams_status write_sets(const file_job *j, ams_chunk_queue *queue, ams_error *err)
{
    open_set set[SETS] = {{.n = 0}};
    ams_h5 file = {.id = 0};
    unsigned char *values = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&values, CHUNK, 8, "a chunk", err));
    AMS_TRY(ams_h5_create(&file, j->path, err));
    for (int k = 0; k < SETS; k++) {
        begin(&set[k], &file, &kinds[k], j->rows[k]);
    }
    for (bool more = true; more;) {
        more = false;
        for (int k = 0; k < SETS; k++) {
            if (set[k].left > 0) {
                AMS_TRY(put(&set[k], queue, values, err));
                more = true;
            }
        }
    }
    for (int k = 0; k < SETS; k++) {
        if (queue != NULL) {
            AMS_TRY(ams_chunk_queue_end(queue, &set[k].way, err));
        }
        AMS_TRY(ams_h5_end(&set[k].set, err));
    }
    AMS_TRY(ams_h5_put_text(&file, "content_hash", "0123", err));
    status = ams_h5_close(&file, err);
out:
    free(values);
    return status;
}

static ams_status write_file(ams_team *team, void *context, ams_error *err)
{
    const file_job *j = context;
    ams_chunk_queue *queue = NULL;
    ams_status status = AMS_OK;
    if (!ams_team_leads(team)) {
        return ams_team_serve(team, ams_pack_work, NULL, err);
    }
    if (j->own) {
        AMS_TRY(ams_chunk_queue_create(&queue, j->threads, err));
        ams_chunk_queue_set_team(queue, team);
    }
    status = write_sets(j, queue, err);
out:
    ams_chunk_queue_destroy(queue);
    return status;
}

static void expect_same_files(const char *one, const char *other, const file_job *j)
{
    char *a = NULL;
    char *b = NULL;
    size_t n = 0;
    size_t m = 0;
    ams_error err;
    ck_assert_int_eq(ams_read_file(one, (size_t)1 << 30, &a, &n, &err), AMS_OK);
    ck_assert_int_eq(ams_read_file(other, (size_t)1 << 30, &b, &m, &err), AMS_OK);
    ck_assert_msg(n == m && memcmp(a, b, n) == 0, "files of %d, %d, %d, %d rows differ",
                  (int)j->rows[0], (int)j->rows[1], (int)j->rows[2], (int)j->rows[3]);
    free(a);
    free(b);
}

static void expect_same_values(const char *one, const char *other)
{
    for (int k = 0; k < SETS; k++) {
        size_t n = 0;
        size_t m = 0;
        void *a = read_whole(one, kinds[k].name, &n);
        void *b = read_whole(other, kinds[k].name, &m);
        ck_assert_uint_eq(n, m);
        ck_assert_msg(memcmp(a, b, n) == 0, "%s differs", kinds[k].name);
        free(a);
        free(b);
    }
}

/* Rows of each set around the borders of chunks and of what the library holds back. */
static const uint64_t cases[][SETS] = {
    {0, 0, 0, 0},
    {1, 1, 1, 1},
    {2, 0, 0, 1},
    {100, 70, 70, 9},
    {CHUNK - 1, CHUNK, CHUNK + 1, CHUNK / COLUMNS},
    {CHUNK, 2 * CHUNK, 3 * CHUNK - 1, CHUNK / COLUMNS + 1},
    {2 * CHUNK + 5, 5 * CHUNK, 6 * CHUNK + 1, 5 * (CHUNK / COLUMNS)},
    {5 * CHUNK, 11 * CHUNK + 3, 9 * CHUNK + 3, 12 * (CHUNK / COLUMNS) + 7}};
enum { CASES = sizeof cases / sizeof *cases };

START_TEST(own_chunks_hold_what_the_filters_do)
{
    file_job j = {.path = "filters.h5"};
    ams_error err = {""};
    memcpy(j.rows, cases[_i], sizeof j.rows);
    ck_assert_msg(write_file(NULL, &j, &err) == AMS_OK, "%s", err.text);
    j.own = true;
    j.path = "one.h5";
    ck_assert_msg(write_file(NULL, &j, &err) == AMS_OK, "%s", err.text);
    expect_same_values("filters.h5", "one.h5");
    j.path = "own.h5";
    for (j.threads = 1; j.threads <= 3; j.threads += 2) {
        ck_assert_msg(write_file(NULL, &j, &err) == AMS_OK, "%s", err.text);
        expect_same_files("one.h5", "own.h5", &j);
    }
    for (uint32_t size = 2; size <= 5; size += 3) {
        ck_assert_msg(process_team_run(size, write_file, &j, &err) == AMS_OK, "%s", err.text);
        expect_same_files("one.h5", "own.h5", &j);
    }
}
END_TEST

/* Of a writer that fails, or is given up: chunks that wait, are being packed, and are packed.
 */
START_TEST(chunks_that_nobody_takes)
{
    enum { CHUNKS = 24, BYTES = 40000 };
    unsigned char values[BYTES];
    ams_error err = {""};
    fill(values, BYTES, 3);
    for (uint32_t threads = 0; threads <= 3; threads++) {
        ams_packer *packer = NULL;
        ams_packed *chunk[CHUNKS];
        ams_pack_space space = {0};
        ams_bytes one = {.n = 0};
        ams_bytes other = {.n = 0};
        ck_assert_int_eq(ams_packer_create(&packer, threads, &err), AMS_OK);
        for (int k = 0; k < CHUNKS; k++) {
            ck_assert_int_eq(ams_packer_give(packer, values, BYTES, 4, &chunk[k], &err),
                             AMS_OK);
        }
        for (int k = CHUNKS; k > 0; k -= 2) { /* the last ones first */
            ams_packer_drop(packer, chunk[k - 1]);
        }
        ck_assert_int_eq(ams_packer_take(packer, chunk[2], &one, &err), AMS_OK);
        ck_assert_int_eq(ams_pack(&space, &other, values, BYTES, 4, &err), AMS_OK);
        ams_pack_space_fini(&space);
        ck_assert_uint_eq(one.n, other.n);
        ck_assert_mem_eq(one.data, other.data, one.n);
        for (int k = 0; k < CHUNKS; k += 2) {
            ams_packer_drop(packer, k == 2 ? NULL : chunk[k]);
        }
        ams_packer_destroy(packer);
        ams_bytes_fini(&one);
        ams_bytes_fini(&other);
    }
    ams_packer_destroy(NULL);
}
END_TEST

START_TEST(unknown_tasks_are_refused)
{
    const ams_team_errand errand = {.kind = 3, .a = 4};
    ams_bytes result = {.n = 0};
    ams_error err = {""};
    ck_assert_int_eq(ams_pack_work(NULL, &errand, &result, &err), AMS_BACKEND);
    ck_assert_ptr_nonnull(strstr(err.text, "an errand of kind 3 (4, 0) of another process"));
    ams_bytes_fini(&result);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, own_chunks_hold_what_the_filters_do, 0, CASES);
    tcase_add_test(tests, chunks_that_nobody_takes);
    tcase_add_test(tests, unknown_tasks_are_refused);
}

int main(void)
{
    return run_suite("chunk_queue", add);
}
