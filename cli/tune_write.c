/* What `ams tune` leaves in its folder and prints. */
#include "cli/tune.h"

#include "ams_commit.h"

#include "base/file.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[TRIAL_STATES] = {"waiting",  "unfinished", "dropped",
                                                      "finished", "best",       "failed"};

/* -- search.ini -- */

static void print_search(const tune *t, FILE *stream)
{
    fprintf(stream,
            "; What a trial of this search is made of; tune.tsv has what was drawn.\n"
            "; data: %s\n; --seed %llu\n[base]\n",
            t->data_hash, (unsigned long long)t->draw_seed);
    ams_config_write(&t->train, ams_train_keys, ams_n_train_keys, stream);
    fputs("[space]\n", stream);
    for (size_t d = 0; d < t->space.n; d++) {
        fprintf(stream, "%s = %s\n", t->space.dimension[d].key->name,
                t->space.dimension[d].text);
    }
}

static ams_status search_text(const tune *t, char **text, ams_error *err)
{
    size_t size = 0;
    *text = NULL;
    FILE *stream = open_memstream(text, &size);
    if (stream == NULL) {
        return ams_no_memory(err, 0, "search.ini");
    }
    print_search(t, stream);
    return fclose(stream) == 0 ? AMS_OK : ams_no_memory(err, size, "search.ini");
}

static ams_status other_search(const tune *t, const char *held, const char *wanted,
                               ams_error *err)
{
    while (*held != '\0') {
        size_t a = strcspn(held, "\n");
        size_t b = strcspn(wanted, "\n");
        if (a != b || strncmp(held, wanted, a) != 0) {
            break;
        }
        held += a + (held[a] != '\0');
        wanted += b + (wanted[b] != '\0');
    }
    return ams_fail(err, AMS_USAGE,
                    "%s holds another search ('%.*s' instead of '%.*s'); choose another folder "
                    "or remove this one",
                    t->directory, (int)strcspn(held, "\n"), held, (int)strcspn(wanted, "\n"),
                    wanted);
}

ams_status tune_settle_search(const tune *t, ams_error *err)
{
    char *path = NULL;
    char *wanted = NULL;
    char *held = NULL;
    size_t size = 0;
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, t->directory, "search.ini", err));
    AMS_TRY(search_text(t, &wanted, err));
    if (ams_exists(path)) {
        AMS_TRY(ams_read_file(path, 1 << 20, &held, &size, err));
        status = strcmp(held, wanted) == 0 ? AMS_OK : other_search(t, held, wanted, err);
        goto out;
    }
    AMS_TRY(ams_file_create(&file, path, err));
    fputs(wanted, file.stream);
    status = ams_file_commit(&file, err);
out:
    free(path);
    free(wanted);
    free(held);
    return status;
}

/* -- tune.tsv and the table, which have the same cells -- */

enum { RANK, TRIAL, STATUS, UPDATES, FIRST_RUNG };
enum { CELL = 600 };

/* Behind the rungs: seeds, sd, the settings, message. */
static size_t n_columns(const tune *t)
{
    return FIRST_RUNG + t->n_rungs + 3 + t->space.n;
}

static void head(const tune *t, size_t column, char text[CELL])
{
    static const char *const front[] = {"rank", "trial", "status", "updates"};
    size_t after = column - FIRST_RUNG - t->n_rungs;
    if (column < FIRST_RUNG) {
        snprintf(text, CELL, "%s", front[column]);
    } else if (column < FIRST_RUNG + t->n_rungs) {
        snprintf(text, CELL, "%s_at_%llu", tune_by_area(t) ? "area" : "time_ms",
                 (unsigned long long)t->rung[column - FIRST_RUNG].updates);
    } else if (after < 2) {
        snprintf(text, CELL, "%s", after == 0 ? "seeds" : "sd");
    } else if (after - 2 < t->space.n) {
        snprintf(text, CELL, "%s", t->space.dimension[after - 2].key->name);
    } else {
        snprintf(text, CELL, "message");
    }
}

static const char *message(const tune *t, const trial *of)
{
    for (size_t k = 0; k < t->n_seeds; k++) {
        if (of->run[k].state == JOB_FAILED) {
            return of->run[k].message;
        }
    }
    return "-";
}

static void cell(const tune *t, const trial *of, size_t column, char text[CELL])
{
    size_t rung = column - FIRST_RUNG;
    size_t after = rung - t->n_rungs;
    bool all_seeds = of->compared == t->n_rungs;
    snprintf(text, CELL, "-");
    if (column == RANK) {
        if (of->rank > 0) {
            snprintf(text, CELL, "%u", of->rank);
        }
    } else if (column == TRIAL) {
        snprintf(text, CELL, "%s", of->name);
    } else if (column == STATUS) {
        snprintf(text, CELL, "%s", state_names[of->state]);
    } else if (column == UPDATES) {
        snprintf(text, CELL, "%llu",
                 of->compared == 0 ? 0ULL
                                   : (unsigned long long)t->rung[of->compared - 1].updates);
    } else if (column < FIRST_RUNG + t->n_rungs) {
        if (rung < of->compared) {
            snprintf(text, CELL, tune_by_area(t) ? "%.5f" : "%.2f", of->metric[rung]);
        }
    } else if (after == 0) {
        snprintf(text, CELL, "%zu", of->compared == 0 ? 0 : (all_seeds ? t->n_seeds : 1));
    } else if (after == 1) {
        if (all_seeds && t->n_seeds > 1) {
            snprintf(text, CELL, tune_by_area(t) ? "%.5f" : "%.2f", of->deviation);
        }
    } else if (after - 2 < t->space.n) {
        snprintf(text, CELL, "%s", of->value[after - 2]);
    } else {
        snprintf(text, CELL, "%s", message(t, of));
    }
}

ams_status tune_write_trials(const tune *t, ams_error *err)
{
    char *path = NULL;
    char text[CELL];
    ams_file file = {0};
    size_t columns = n_columns(t);
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, t->directory, "tune.tsv", err));
    AMS_TRY(ams_file_create(&file, path, err));
    for (size_t column = 0; column < columns; column++) {
        head(t, column, text);
        fprintf(file.stream, "%s%c", text, column + 1 < columns ? '\t' : '\n');
    }
    for (size_t i = 0; i < t->n_trials; i++) {
        for (size_t column = 0; column < columns; column++) {
            cell(t, &t->trial[i], column, text);
            fprintf(file.stream, "%s%c", text, column + 1 < columns ? '\t' : '\n');
        }
    }
    status = ams_file_commit(&file, err);
out:
    free(path);
    return status;
}

/* All but what is the same in every row, or long. */
static bool in_table(const tune *t, size_t column)
{
    size_t first_setting = FIRST_RUNG + t->n_rungs + 2;
    if (column == UPDATES || column + 1 == n_columns(t)) {
        return false;
    }
    return column < first_setting ||
           t->space.dimension[column - first_setting].kind != AMS_SPACE_FIXED;
}

static const trial *ranked(const tune *t, uint32_t rank)
{
    for (size_t i = 0; i < t->n_trials; i++) {
        if (t->trial[i].rank == rank) {
            return &t->trial[i];
        }
    }
    return NULL;
}

static int width(const tune *t, size_t column, uint32_t rows)
{
    char text[CELL];
    head(t, column, text);
    size_t widest = strlen(text);
    for (uint32_t rank = 1; rank <= rows && ranked(t, rank) != NULL; rank++) {
        cell(t, ranked(t, rank), column, text);
        widest = strlen(text) > widest ? strlen(text) : widest;
    }
    return (int)widest;
}

void tune_print(const tune *t)
{
    enum { ROWS = 10 };
    char text[CELL];
    if (ranked(t, 1) == NULL) {
        return; /* no rung has been compared, or none came through it */
    }
    printf("Best by %s on the validation split; the last rung is a mean over %zu seed%s.\n\n",
           tune_by_area(t) ? "area under recall/time"
                           : "mean time (ms) to recall 0.8, 0.9 and 1.0",
           t->n_seeds, t->n_seeds == 1 ? "" : "s");
    for (uint32_t row = 0; row <= ROWS && (row == 0 || ranked(t, row) != NULL); row++) {
        const char *gap = "";
        for (size_t column = 0; column < n_columns(t); column++) {
            if (in_table(t, column)) {
                if (row == 0) {
                    head(t, column, text);
                } else {
                    cell(t, ranked(t, row), column, text);
                }
                printf("%s%*s", gap, width(t, column, ROWS), text);
                gap = "  ";
            }
        }
        putchar('\n');
    }
    putchar('\n');
}

/* -- best.ini -- */

/* A comment that stays one line. */
static void print_comment(FILE *stream, const char *before, const char *text)
{
    fprintf(stream, "; %s", before);
    for (; *text != '\0'; text++) {
        fputc((unsigned char)*text < 0x20 ? ' ' : *text, stream);
    }
    fputc('\n', stream);
}

static void print_origin(const tune *t, const trial *best, FILE *stream)
{
    char text[CELL];
    fprintf(stream, "; Trial %s, the best of %zu of a random search with successive halving:\n",
            best->name, t->n_trials);
    print_comment(stream, "", t->command == NULL ? "" : t->command);
    print_comment(stream, "Made by ams ", AMS_VERSION ", commit " AMS_COMMIT);
    print_comment(stream, "Data: content hash ", t->data_hash);
    cell(t, best, FIRST_RUNG + t->n_rungs - 1, text);
    fprintf(stream, "; On the validation split: %s %s", text,
            tune_by_area(t) ? "area under recall/time" : "ms to recall 0.8, 0.9 and 1.0");
    if (t->n_seeds > 1) {
        cell(t, best, FIRST_RUNG + t->n_rungs + 1, text);
        fprintf(stream, ", mean of %zu seeds, standard deviation %s", t->n_seeds, text);
    }
    fputs(".\n; The test split was not looked at.\n[train]\n", stream);
}

ams_status tune_write_best(const tune *t, ams_error *err)
{
    const trial *best = tune_best(t);
    char *path = NULL;
    ams_file file = {0};
    ams_train_options options;
    ams_status status = AMS_OK;
    AMS_TRY(tune_options(t, best, &options, err));
    AMS_TRY(ams_join_path(&path, t->directory, "best.ini", err));
    AMS_TRY(ams_file_create(&file, path, err));
    print_origin(t, best, file.stream);
    ams_config_write(&options, ams_train_keys, ams_n_train_keys, file.stream);
    status = ams_file_commit(&file, err);
out:
    free(path);
    return status;
}

/* -- tune.json -- */

static json_t *rungs_json(const tune *t)
{
    json_t *rungs = json_array();
    for (uint32_t i = 0; i < t->n_rungs; i++) {
        json_array_append_new(rungs,
                              json_pack("{s:I, s:I}", "updates", (json_int_t)t->rung[i].updates,
                                        "trials", (json_int_t)t->rung[i].trials));
    }
    return rungs;
}

static json_t *manifest_json(const tune *t, const char *state)
{
    const trial *best = tune_best(t);
    json_t *seeds = json_array();
    for (size_t k = 0; k < t->n_seeds; k++) {
        json_array_append_new(seeds, json_integer((json_int_t)t->seed[k]));
    }
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:I, s:o, s:I, s:I, s:I, s:f, s:s, s:o, s:I}",
        "program", "ams", "version", AMS_VERSION ", commit " AMS_COMMIT, "command", t->command,
        "data", t->data_path, "data_hash", t->data_hash, "config", t->config, "space",
        t->space_path, "seed", (json_int_t)t->draw_seed, "seeds", seeds, "trials",
        (json_int_t)t->n_trials, "eta", (json_int_t)t->halving.eta, "finalists",
        (json_int_t)t->halving.finalists, "min_fraction", t->halving.min_fraction, "metric",
        tune_by_area(t) ? "validation_area" : "validation_time_ms", "rungs", rungs_json(t),
        "jobs", (json_int_t)t->side_by_side);
    if (json != NULL) {
        char now[32];
        json_object_set_new(json, "start", json_string(t->start));
        if (strcmp(state, "running") != 0) {
            cli_now(now);
            json_object_set_new(json, "end", json_string(now));
        }
        json_object_set_new(json, "status", json_string(state));
        json_object_set_new(json, "best", best == NULL ? json_null() : json_string(best->name));
    }
    return json;
}

ams_status tune_write_manifest(const tune *t, const char *state, ams_error *err)
{
    return jobs_write_json(t->directory, "tune.json", manifest_json(t, state), err);
}
