/* CSV that is taken straight from its bytes against the same file with quotes around the first
 * cell of each record, which is read record by record: the same contents, counts and messages.
 */
#include "ams/data.h"

#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/data/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const models[] = {"nanoa", "nanob", "tinyc"};
enum { MODELS = 3, SMALL = 80, LARGE_ITEMS = 6000, ODD_FEW = 40, ODD_MANY = 4 };

/* The text of a file, and the same with quotes. */
typedef struct two_texts {
    FILE *plain, *quoted;
    char *text[2];
    size_t size[2];
} two_texts;

static void begin(two_texts *t, const char *header)
{
    *t = (two_texts){0};
    t->plain = open_memstream(&t->text[0], &t->size[0]);
    t->quoted = open_memstream(&t->text[1], &t->size[1]);
    ck_assert(t->plain != NULL && t->quoted != NULL);
    fputs(header, t->plain);
    fputs(header, t->quoted);
}

/* One line, with its end, to both. */
static void put_line(two_texts *t, const char *line, const char *end)
{
    const size_t first = strcspn(line, ",");
    fprintf(t->plain, "%s%s", line, end);
    if (line[0] == '\0' || memchr(line, '"', first) != NULL) {
        fprintf(t->quoted, "%s%s", line, end);
    } else {
        fprintf(t->quoted, "\"%.*s\"%s%s", (int)first, line, line + first, end);
    }
}

static void finish(two_texts *t)
{
    ck_assert_int_eq(fclose(t->plain), 0);
    ck_assert_int_eq(fclose(t->quoted), 0);
}

static const char *const odd_confs[] = {
    "1",      "0",    "-0", "1.0000001", "1.5",  "-1", "1e-3", "5E-1",
    "0.5x",   " 0.5", "",   "nan",       "0.50", ".5", "1e99", "0.123456789012345678901",
    "0x1p-1", "1."};
static const char *const odd_labels[] = {"",
                                         "a label of more than sixteen bytes",
                                         "eightbyt",
                                         "ninebytes",
                                         "\xC3\xA9t\xC3\xA9",
                                         "\xFF",
                                         "tab\there",
                                         "dog",
                                         "\"cat\"",
                                         "\"a,b\"",
                                         "sixteen bytes ok",
                                         " dog"};
/* Not a quote alone: what follows it would be other text with quotes than without. */
static const char *const odd_lines[] = {"",      " ",     "x",
                                        ",,,,,", "a,b,c", "\"a\nb\",g,test,nanoa,dog,0.5"};

#define PICK(list, r) ((list)[ams_rng_below(r, sizeof(list) / sizeof *(list))])

/* A record; one in `odd` cells is not as most are. */
static void put_record(two_texts *t, ams_rng *r, const char *item, const char *model,
                       const char *label, uint32_t odd)
{
    char line[256];
    char conf[32];
    const char *group = ams_rng_below(r, 20 * odd) == 0 ? "other" : "g";
    const char *split = ams_rng_below(r, 20 * odd) == 0 ? "tset" : "test";
    const char *end = ams_rng_below(r, odd) == 0 ? "\r\n" : "\n";
    snprintf(conf, sizeof conf, "0.%u", (unsigned)ams_rng_below(r, 100000));
    label = ams_rng_below(r, odd) == 0 ? PICK(odd_labels, r) : label;
    const char *said = ams_rng_below(r, odd) == 0 ? PICK(odd_confs, r) : conf;
    snprintf(line, sizeof line, "%s,%s,%s,%s,%s,%s", item, group, split, model, label, said);
    put_line(t, line, end);
    if (ams_rng_below(r, odd) == 0) {
        put_line(t, PICK(odd_lines, r), "\n");
    }
}

static void put_item(two_texts *t, ams_rng *r, uint32_t number, uint32_t odd)
{
    char item[64];
    snprintf(item, sizeof item, "item-%u%s", (unsigned)number,
             ams_rng_below(r, 4 * odd) == 0 ? "\xC2\xB5" : "");
    for (uint32_t m = 0; m < MODELS; m++) {
        const char *model = ams_rng_below(r, 8 * odd) == 0 ? "nanox" : models[m];
        const uint32_t n = ams_rng_below(r, 5);
        char line[128];
        if (n == 0) {
            snprintf(line, sizeof line, "%s,g,test,%s,,", item, model);
            put_line(t, line, "\n");
        }
        for (uint32_t k = 0; k < n; k++) {
            char label[32];
            const uint32_t name = 5 * ams_rng_below(r, 300) + k;
            snprintf(label, sizeof label, "%.*s%u", (int)(name % 13), "abcdefghijklm",
                     (unsigned)name);
            put_record(t, r, item, model, label, odd);
        }
    }
}

typedef struct import_result {
    ams_status status;
    ams_import_counts counts;
    ams_error err;
    char hash[AMS_HASH_TEXT];
} import_result;

static void import_one(const char *name, const char *text, bool skip_bad, import_result *r)
{
    ams_import_options options = ams_import_defaults();
    memset(r, 0, sizeof *r);
    options.skip_bad = skip_bad;
    options.allow_missing = true;
    options.merge_labels = skip_bad;
    put_file(name, text);
    r->status = import_files(&name, 1, options, &r->counts, &r->err);
    if (r->status == AMS_OK) {
        r->err.text[0] = '\0';
        strcpy(r->hash, hash_of("out.h5"));
    }
}

static uint64_t expect_same(const two_texts *t, const char *name, bool skip_bad)
{
    import_result direct;
    import_result slow;
    import_one(name, t->text[0], skip_bad, &direct);
    import_one(name, t->text[1], skip_bad, &slow);
    ck_assert_str_eq(direct.err.text, slow.err.text);
    ck_assert_int_eq(direct.status, slow.status);
    ck_assert_str_eq(direct.counts.first_bad, slow.counts.first_bad);
    ck_assert_str_eq(direct.counts.unknown_field, slow.counts.unknown_field);
    ck_assert_str_eq(direct.hash, slow.hash);
    memset(direct.counts.first_bad, 0, sizeof direct.counts.first_bad);
    memset(slow.counts.first_bad, 0, sizeof slow.counts.first_bad);
    ck_assert_mem_eq(&direct.counts, &slow.counts, sizeof slow.counts);
    return direct.counts.rows;
}

static const char header[] = "item,group,split,model,label,conf\n";

START_TEST(small_files)
{
    ams_rng r = ams_rng_init((uint64_t)_i, 3);
    two_texts t;
    put_models();
    begin(&t, header);
    for (uint32_t item = 0; item < 8; item++) {
        put_item(&t, &r, item - item % 7 / 6, _i % 2 == 0 ? ODD_FEW : ODD_MANY);
    }
    finish(&t);
    expect_same(&t, "rows.csv", true);
    expect_same(&t, "rows.csv", false);
    free(t.text[0]);
    free(t.text[1]);
}
END_TEST

/* Of many windows, compressed or not; nothing in it is odd, or little. */
START_TEST(large_files)
{
    static const char *const names[] = {"rows.csv", "rows.csv.gz", "rows.csv.zst"};
    ams_rng r = ams_rng_init(9, 4);
    two_texts t;
    put_models();
    begin(&t, header);
    for (uint32_t item = 0; item < LARGE_ITEMS; item++) {
        put_item(&t, &r, item, 2000);
    }
    finish(&t);
    ck_assert_uint_gt(expect_same(&t, names[_i], true), (uint64_t)LARGE_ITEMS * 2);
    free(t.text[0]);
    free(t.text[1]);
}
END_TEST

/* Columns that nobody reads, before and after; a time; an execution longer than a window. */
START_TEST(other_columns)
{
    two_texts t;
    char line[128];
    put_models();
    begin(&t, "note,model,item,time_ms,conf,x,label,y\n");
    for (uint32_t m = 0; m < MODELS; m++) {
        put_line(&t, m == 1 ? "n,nanob,j,2.5,,,," : "n,tinyc,j,,,8,,9", "\n");
        for (uint32_t k = 0; k < (m == 0 ? 20000 : 3); k++) {
            snprintf(line, sizeof line, "n%u,%s,i,%u.25,0.%u,x,label-%u,",
                     (unsigned)(m == 2 ? k : 0), models[m], (unsigned)m + 1, (unsigned)k + 1,
                     (unsigned)k);
            put_line(&t, line, "\n");
        }
    }
    finish(&t);
    ck_assert_uint_eq(expect_same(&t, "rows.csv", true), 5);
    free(t.text[0]);
    free(t.text[1]);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, folder_begin, folder_end);
    tcase_add_loop_test(tests, small_files, 0, SMALL);
    tcase_add_loop_test(tests, large_files, 0, 3);
    tcase_add_test(tests, other_columns);
}

int main(void)
{
    return run_suite("csv_direct", add);
}
