#include "lab/report/drift.h"

#include "base/file.h"
#include "base/memory.h"
#include "lab/report/report.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* SCALE.tsv or SCALE-anything.tsv */
static bool is_expected(const char *name, const char *scale)
{
    size_t length = strlen(name);
    if (length < 5 || strcmp(name + length - 4, ".tsv") != 0) {
        return false;
    }
    size_t head = strlen(scale);
    return strncmp(name, scale, head) == 0 && (name[head] == '-' || head == length - 4);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static ams_status list_files(ams_report_changes *drift, const char *expected, const char *scale,
                             ams_error *err)
{
    ams_status status = AMS_OK;
    DIR *folder = opendir(expected);
    if (folder == NULL) {
        return ams_fail(err, AMS_IO,
                        "cannot open the folder %s: %s; it holds the rows to "
                        "compare with",
                        expected, strerror(errno));
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (is_expected(entry->d_name, scale)) {
            AMS_TRY(ams_grow(&drift->name, &drift->name_capacity, drift->n_files + 1,
                             sizeof *drift->name, "names of files", err));
            AMS_TRY(ams_join_path(&drift->name[drift->n_files], expected, entry->d_name, err));
            drift->n_files++;
        }
    }
    if (drift->n_files > 0) {
        qsort(drift->name, drift->n_files, sizeof *drift->name, by_name);
    }
out:
    closedir(folder);
    return status;
}

/* Ours outside the kept interval; without one, in the sixth digit: sums may be rounded
 * differently on another processor. */
static bool has_moved(const ams_report_row *kept, const ams_report_row *now)
{
    const ams_report_measured *old = &kept->ours;
    double value = now->ours.mean.value;
    if (old->mean.given != now->ours.mean.given || kept->verdict != now->verdict) {
        return true;
    }
    if (!old->mean.given) {
        return false;
    }
    if (old->low.given) {
        return value < old->low.value || value > old->high.value;
    }
    return fabs(value - old->mean.value) > 1e-6 * fabs(old->mean.value);
}

static const ams_report_row *find_row(const ams_report_rows *rows, const ams_report_row *like)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (ams_report_same_row(&rows->row[i], like)) {
            return &rows->row[i];
        }
    }
    return NULL;
}

static ams_status compare_file(ams_report_changes *drift, const ams_report_rows *kept,
                               const ams_report_rows *now, ams_error *err)
{
    for (size_t i = 0; i < kept->n; i++) {
        const ams_report_row *row = find_row(now, &kept->row[i]);
        if (row == NULL) {
            drift->n_absent++;
            continue;
        }
        drift->n_compared++;
        if (has_moved(&kept->row[i], row)) {
            ams_status status =
                ams_grow(&drift->moved, &drift->moved_capacity, drift->n_moved + 1,
                         sizeof *drift->moved, "numbers that moved", err);
            if (status != AMS_OK) {
                return status;
            }
            drift->moved[drift->n_moved++] =
                (ams_report_change){&kept->row[i], row, kept->tsv.path};
        }
    }
    return AMS_OK;
}

static void count_new(ams_report_changes *drift, const ams_report_rows *now)
{
    for (size_t i = 0; i < now->n; i++) {
        bool known = false;
        for (size_t f = 0; f < drift->n_files && !known; f++) {
            known = find_row(&drift->file[f], &now->row[i]) != NULL;
        }
        drift->n_new += !known;
    }
}

ams_status ams_report_changes_read(ams_report_changes *drift, const ams_report_data *data,
                                   const char *expected, ams_error *err)
{
    *drift = (ams_report_changes){0};
    ams_status status = AMS_OK;
    const char *scale = ams_report_note(data, "scale");
    if (scale == NULL) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: expected a key 'scale', which says what kept rows to compare "
                        "with; add it",
                        data->notes.path);
    }
    AMS_TRY(list_files(drift, expected, scale, err));
    AMS_TRY(ams_alloc(&drift->file, drift->n_files, sizeof *drift->file, "kept rows", err));
    for (size_t f = 0; f < drift->n_files; f++) {
        AMS_TRY(ams_report_rows_read(&drift->file[f], drift->name[f], err));
        AMS_TRY(compare_file(drift, &drift->file[f], &data->rows, err));
    }
    count_new(drift, &data->rows);
out:
    if (status != AMS_OK) {
        ams_report_changes_fini(drift);
    }
    return status;
}

void ams_report_changes_fini(ams_report_changes *drift)
{
    for (size_t f = 0; f < drift->n_files; f++) {
        if (drift->file != NULL) {
            ams_report_rows_fini(&drift->file[f]);
        }
        free(drift->name[f]);
    }
    free(drift->file);
    free(drift->name);
    free(drift->moved);
    *drift = (ams_report_changes){0};
}

void ams_report_changes_phrase(char phrase[AMS_REPORT_PHRASE_LONG],
                               const ams_report_changes *drift)
{
    if (drift->n_files == 0) {
        snprintf(phrase, AMS_REPORT_PHRASE_LONG, "no numbers of this scale are kept there.");
        return;
    }
    snprintf(phrase, AMS_REPORT_PHRASE_LONG,
             "%zu numbers compared: %zu moved. %zu kept ones are missing here, %zu are new.",
             drift->n_compared, drift->n_moved, drift->n_absent, drift->n_new);
}

void ams_report_change_phrase(char phrase[AMS_REPORT_PHRASE_LONG],
                              const ams_report_change *change)
{
    char now[AMS_REPORT_PHRASE];
    char kept[AMS_REPORT_PHRASE];
    char verdict[AMS_REPORT_PHRASE] = "";
    ams_report_measured_phrase(now, &change->now->ours);
    ams_report_measured_phrase(kept, &change->kept->ours);
    if (change->kept->verdict != change->now->verdict) {
        snprintf(verdict, sizeof verdict, "; %s, was %s",
                 ams_report_verdict_names[change->now->verdict],
                 ams_report_verdict_names[change->kept->verdict]);
    }
    snprintf(phrase, AMS_REPORT_PHRASE_LONG, "%s, was %s%s", now, kept, verdict);
}

static void print_drift(FILE *out, const ams_report_changes *drift, const char *expected)
{
    char phrase[AMS_REPORT_PHRASE_LONG];
    ams_report_changes_phrase(phrase, drift);
    fprintf(out, "Against %s: %s\n", expected, phrase);
    for (size_t i = 0; i < drift->n_moved; i++) {
        const ams_report_change *change = &drift->moved[i];
        ams_report_change_phrase(phrase, change);
        fprintf(out, "  %s: %s%s%s%s, %s: %s (%s:%zu)\n", change->now->experiment,
                change->now->quantity, change->now->unit[0] == '\0' ? "" : " (",
                change->now->unit, change->now->unit[0] == '\0' ? "" : ")",
                ams_report_set_names[change->now->set], phrase, change->file,
                change->kept->line);
    }
}

ams_status ams_report_drift(const char *dir, const char *expected, FILE *out, ams_error *err)
{
    ams_report_data data = {0};
    ams_report_changes drift = {0};
    ams_status status = ams_report_data_read(&data, dir, err);
    if (status != AMS_OK) {
        return status;
    }
    AMS_TRY(ams_report_changes_read(&drift, &data, expected, err));
    print_drift(out, &drift, expected);
out:
    ams_report_changes_fini(&drift);
    ams_report_data_fini(&data);
    return status;
}
