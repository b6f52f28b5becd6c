#include "ams/synth.h"

#include "base/file.h"
#include "base/memory.h"
#include "data/parts.h"
#include "data/synth/params.h"
#include "data/synth/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PRESETS = 32 };

ams_synth_options ams_synth_defaults(void)
{
    return (ams_synth_options){.n_items = 10000,
                               .plain_models = 30,
                               .plain_labels = 1104,
                               .split = {.share = {0.18, 0.02, 0.8}}};
}

/* Names of the presets of a file, which has to stay open as long as they are used. */
static void add_presets(const ams_tsv *tsv, const char *names[MOST_PRESETS], size_t *n)
{
    for (size_t c = 0; c < tsv->n_columns && *n < MOST_PRESETS; c++) {
        if (ams_synth_is_preset(tsv, c)) {
            names[(*n)++] = tsv->cells[c];
        }
    }
}

static ams_status no_such_preset(const char *preset, const char *const *names, size_t n,
                                 ams_error *err)
{
    char list[512] = "";
    for (size_t i = 0; i < n; i++) {
        strncat(list, i == 0 ? "" : ", ", sizeof list - strlen(list) - 1);
        strncat(list, names[i], sizeof list - strlen(list) - 1);
    }
    return ams_fail(err, AMS_USAGE, "preset: expected one of %s; found '%s'", list, preset);
}

static ams_status choose_kind(ams_synth *s, ams_error *err)
{
    ams_tsv story = {0};
    ams_tsv cube = {0};
    const char *names[MOST_PRESETS];
    size_t n = 0;
    size_t column = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_synth_open(&story, AMS_SYNTH_STORY, s->options.folder, err));
    AMS_TRY(ams_synth_open(&cube, AMS_SYNTH_CUBE, s->options.folder, err));
    add_presets(&story, names, &n);
    if ((column = ams_tsv_column(&story, s->preset)) != AMS_NO_COLUMN &&
        ams_synth_is_preset(&story, column)) {
        s->kind = &ams_synth_kind_story;
    } else if ((column = ams_tsv_column(&cube, s->preset)) != AMS_NO_COLUMN &&
               ams_synth_is_preset(&cube, column)) {
        s->kind = &ams_synth_kind_cube;
    } else if (strcmp(s->preset, "plain") == 0) {
        s->kind = &ams_synth_kind_plain;
    } else if (strcmp(s->preset, "exits") == 0) {
        s->kind = &ams_synth_kind_exits;
    } else {
        add_presets(&cube, names, &n);
        n = n < MOST_PRESETS - 1 ? n : MOST_PRESETS - 2;
        names[n++] = "plain";
        names[n++] = "exits";
        status = no_such_preset(s->preset, names, n, err);
    }
out:
    ams_tsv_fini(&story);
    ams_tsv_fini(&cube);
    return status;
}

static ams_status put_attributes(ams_synth *s, ams_error *err)
{
    char what[256];
    snprintf(what, sizeof what, "synth --preset %.64s --items %u --seed %llu%s", s->preset,
             s->options.n_items, (unsigned long long)s->options.seed,
             s->options.folder == NULL ? "" : " with files of the user's");
    ams_status status = AMS_OK;
    AMS_TRY(ams_note_step(&s->head, NULL, what, err));
    AMS_TRY(ams_copy_text(&s->head.name, s->preset, err));
    AMS_TRY(ams_copy_text(&s->head.source, "generated: no photograph, no model", err));
    AMS_TRY(ams_copy_text(&s->head.license, "MIT", err));
out:
    return status;
}

ams_status ams_synth_create(ams_synth **synth, const ams_synth_options *options, ams_error *err)
{
    ams_synth *s = NULL;
    ams_status status = AMS_OK;
    *synth = NULL;
    if (options->n_items == 0 || options->n_items > INT32_MAX) {
        return ams_fail(err, AMS_USAGE, "items: expected 1 to %d, found %u", INT32_MAX,
                        options->n_items);
    }
    if (options->folder != NULL && !ams_is_directory(options->folder)) {
        return ams_fail(err, AMS_IO, "%s: expected a folder with files of the story",
                        options->folder);
    }
    AMS_TRY(ams_alloc(&s, 1, sizeof *s, "a generator", err));
    AMS_TRY(ams_copy_text(&s->preset, options->preset, err));
    s->options = *options;
    s->options.preset = s->preset;
    AMS_TRY(choose_kind(s, err));
    AMS_TRY(ams_synth_head_alloc(&s->head, err));
    AMS_TRY(s->kind->open(&s->state, &s->head, &s->options, &s->targets, err));
    s->head.n_labels = s->head.label_name.count;
    s->head.n_items = s->options.n_items;
    AMS_TRY(put_attributes(s, err));
    AMS_TRY(ams_alloc(&s->rows, s->head.n_models, sizeof *s->rows, "outputs of an item", err));
    *synth = s;
    s = NULL;
out:
    ams_synth_destroy(s);
    return status;
}

void ams_synth_destroy(ams_synth *synth)
{
    if (synth == NULL) {
        return;
    }
    if (synth->state != NULL) {
        synth->kind->close(synth->state);
    }
    free(synth->preset);
    free(synth->rows);
    ams_table_fini(&synth->head);
    free(synth);
}

ams_synth_targets ams_synth_target(const ams_synth *synth)
{
    return synth->targets;
}

static ams_status fill_truth(ams_synth *synth, ams_error *err)
{
    const uint32_t n = synth->head.n_items;
    ams_answer *answer = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&answer, n, sizeof *answer, "right answers", err));
    for (uint32_t i = 0; i < n; i++) {
        answer[i] = (ams_answer){
            .item = i, .label = synth->kind->truth(synth->state, synth->options.seed, i)};
    }
    status = ams_table_set_truth(&synth->head, answer, n, err);
out:
    free(answer);
    return status;
}

/* Ids ascend, so the table's order is that of the content hash. */
ams_status ams_synth_fill_items(ams_synth *synth, ams_error *err)
{
    ams_table *head = &synth->head;
    char text[128];
    uint32_t index = 0;
    ams_status status = AMS_OK;
    if (head->item_id.count > 0) {
        return AMS_OK;
    }
    AMS_TRY(
        ams_alloc(&head->item_group, head->n_items, sizeof *head->item_group, "items", err));
    AMS_TRY(ams_alloc(&head->split, head->n_items, 1, "items", err));
    AMS_TRY(
        ams_names_add(&head->group_name, synth->preset, strlen(synth->preset), &index, err));
    for (uint32_t i = 0; i < head->n_items; i++) {
        int size = snprintf(text, sizeof text, "%.64s-%llu-%08u", synth->preset,
                            (unsigned long long)synth->options.seed, i);
        AMS_TRY(ams_names_add(&head->item_id, text, (size_t)size, &index, err));
    }
    AMS_TRY(ams_split_open_items(head, &synth->options.split, NULL, err));
    if (synth->kind->truth != NULL) {
        status = fill_truth(synth, err);
    }
out:
    return status;
}

static ams_status print_text(FILE *stream, const void *context, ams_error *err)
{
    (void)err;
    fputs(context, stream);
    return AMS_OK;
}

ams_status ams_synth_write_files(const char *folder, ams_error *err)
{
    ams_status status = ams_make_directories(folder, err);
    for (int k = 0; k < AMS_SYNTH_FILES && status == AMS_OK; k++) {
        const ams_synth_file *file = &ams_synth_files[k];
        char *path = NULL;
        status = ams_join_path(&path, folder, file->name, err);
        if (status == AMS_OK && ams_exists(path)) {
            status =
                ams_fail(err, AMS_USAGE, "%s is there already; choose another folder", path);
        }
        if (status == AMS_OK) {
            status = ams_file_write(NULL, path, print_text, file->text, err);
        }
        free(path);
    }
    return status;
}
