#include "tests/data/fixture.h"

#include "data/lines.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[256];

void folder_begin(void)
{
    snprintf(folder, sizeof folder, "/tmp/ams-data-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static int visit(bool remove_them)
{
    int count = 0;
    DIR *directory = opendir(folder);
    ck_assert_ptr_nonnull(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            count++;
            if (remove_them) {
                ck_assert_int_eq(unlink(in_folder(entry->d_name)), 0);
            }
        }
    }
    closedir(directory);
    return count;
}

void folder_end(void)
{
    visit(true);
    ck_assert_int_eq(rmdir(folder), 0);
}

int count_files(void)
{
    return visit(false);
}

const char *in_folder(const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

const char *put_file(const char *name, const char *text)
{
    const char *path = in_folder(name);
    ams_line_writer *writer = NULL;
    ams_error err = {""};
    ck_assert_msg(ams_lines_create(&writer, path, &err) == AMS_OK, "%s", err.text);
    ams_lines_put(writer, text, strlen(text));
    ck_assert_msg(ams_lines_finish(writer, &err) == AMS_OK, "%s", err.text);
    return path;
}

const char *put_models(void)
{
    return put_file("models.tsv", "name\ttask\ttime_ms\tmem_mb\nnanoa\tone\t10\t100\n"
                                  "nanob\tone\t20\t50.5\ntinyc\ttwo\t30\t0\n");
}

ams_status import_files(const char *const *names, size_t n, ams_import_options options,
                        ams_import_counts *counts, ams_error *err)
{
    char path[8][512];
    const char *rows[8];
    for (size_t i = 0; i < n; i++) {
        snprintf(path[i], sizeof path[i], "%s", in_folder(names[i]));
        rows[i] = path[i];
    }
    char output[512];
    char models[512];
    snprintf(output, sizeof output, "%s", in_folder("out.h5"));
    snprintf(models, sizeof models, "%s", in_folder("models.tsv"));
    options.output = output;
    options.models_path = models;
    return ams_data_import(rows, n, &options, counts, err);
}

ams_status import_text(const char *text, ams_import_options options, ams_import_counts *counts,
                       ams_error *err)
{
    put_file("rows.jsonl", text);
    return import_files((const char *const[]){"rows.jsonl"}, 1, options, counts, err);
}

const char *hash_of(const char *name)
{
    static char hash[AMS_HASH_TEXT];
    ams_table table;
    ams_error err = {""};
    ck_assert_msg(ams_table_read(&table, in_folder(name), &err) == AMS_OK, "%s", err.text);
    ck_assert_int_eq(ams_table_hash(&table, hash, &err), AMS_OK);
    ams_table_fini(&table);
    return hash;
}
