#include "serve/recording.h"

#include "base/json.h"
#include "base/lock.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the file as it is read. */
typedef struct recording_scan {
    ams_recording *recording;
    const char *path;
    const ams_programs *programs;
    uint64_t *seen; /* (items) a bit per program */
    size_t capacity;
    uint32_t current;    /* the item of the last row */
    long long item_from; /* where its rows begin */
    unsigned long line;
} recording_scan;

static ams_status io_failure(const char *action, const char *path, ams_error *err)
{
    return ams_fail(err, AMS_IO, "cannot %s %s: %s", action, path, strerror(errno));
}

static uint64_t all_programs(const ams_programs *programs)
{
    return programs->n >= 64 ? UINT64_MAX : (UINT64_C(1) << programs->n) - 1;
}

static ams_status find_program(const recording_scan *s, const char *model, uint32_t *index,
                               ams_error *err)
{
    for (*index = 0; *index < s->programs->n; ++*index) {
        if (strcmp(s->programs->program[*index].name, model) == 0) {
            return AMS_OK;
        }
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "%s:%lu: expected a recording of the models that are given, found model "
                    "'%s'; record into another file",
                    s->path, s->line, model);
}

/* The item before has to be whole when another begins. */
static ams_status check_whole(const recording_scan *s, ams_error *err)
{
    const uint64_t missing = all_programs(s->programs) & ~s->seen[s->current];
    if (missing == 0) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "%s: item '%s' has no row of model '%s'; record these models into another "
                    "file",
                    s->path, ams_names_get(&s->recording->items, s->current),
                    s->programs->program[__builtin_ctzll(missing)].name);
}

static ams_status add_row(recording_scan *s, const char *item, const char *model,
                          long long from, ams_error *err)
{
    ams_names *items = &s->recording->items;
    const uint32_t known = items->count;
    uint32_t index = 0;
    uint32_t program = 0;
    ams_status status = AMS_OK;
    AMS_TRY(find_program(s, model, &program, err));
    AMS_TRY(ams_grow(&s->seen, &s->capacity, (size_t)known + 1, sizeof *s->seen, "items", err));
    AMS_TRY(ams_names_add(items, item, strlen(item), &index, err));
    if (index == known) {
        s->seen[index] = 0;
    }
    if (known > 0 && index != s->current) {
        AMS_TRY(check_whole(s, err));
    }
    if (known == 0 || index != s->current) {
        s->item_from = from;
        s->current = index;
    }
    s->seen[index] |= UINT64_C(1) << program;
out:
    return status;
}

#define ANOTHER "; if the file is no recording, record into another one"

static ams_status read_row(recording_scan *s, const char *line, size_t length, long long from,
                           ams_error *err)
{
    json_error_t reason;
    char found[AMS_JSON_FOUND];
    json_t *row = json_loadb(line, length, 0, &reason);
    const json_t *item = json_object_get(row, "item");
    const json_t *model = json_object_get(row, "model");
    ams_status status = AMS_OK;
    if (json_is_string(item) && json_is_string(model)) {
        status = add_row(s, json_string_value(item), json_string_value(model), from, err);
    } else if (row == NULL) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s:%lu: expected a row of a recording, found %s" ANOTHER, s->path,
                          s->line, ams_json_broken(&reason, found));
    } else {
        status =
            ams_fail(err, AMS_BAD_DATA, "%s:%lu: field '%s': expected a text, found %s" ANOTHER,
                     s->path, s->line, json_is_string(item) ? "model" : "item",
                     ams_json_found(json_is_string(item) ? model : item, found));
    }
    json_decref(row);
    return status;
}

/* Whether all rows of the last item are there, or there is none. */
static bool last_is_whole(const recording_scan *s)
{
    return s->seen == NULL || s->recording->items.count == 0 ||
           s->seen[s->current] == all_programs(s->programs);
}

static ams_status read_rows(recording_scan *s, ams_error *err)
{
    FILE *stream = s->recording->stream;
    char *line = NULL;
    size_t room = 0;
    long long at = 0;
    ams_status status = AMS_OK;
    for (ssize_t n; status == AMS_OK && (n = getline(&line, &room, stream)) > 0; at += n) {
        s->line++;
        if (line[n - 1] != '\n') {
            if (at == 0 && line[0] != '{') {
                status = read_row(s, line, (size_t)n, at, err); /* which says what it is not */
            }
            break; /* torn: of an item that has not all its rows */
        }
        status = read_row(s, line, (size_t)n, at, err);
    }
    if (status == AMS_OK && ferror(stream)) {
        status = io_failure("read", s->path, err);
    }
    s->recording->end = last_is_whole(s) ? at : s->item_from;
    free(line);
    return status;
}

/* The last item, whose rows are not all there, is not one that the recording has. */
static ams_status drop_last(recording_scan *s, ams_error *err)
{
    ams_names kept = {0};
    const ams_names *items = &s->recording->items;
    ams_status status = AMS_OK;
    if (last_is_whole(s)) {
        return AMS_OK;
    }
    for (uint32_t i = 0; i < items->count; i++) {
        uint32_t index = 0;
        const char *name = ams_names_get(items, i);
        if (i != s->current) {
            AMS_TRY(ams_names_add(&kept, name, strlen(name), &index, err));
        }
    }
    ams_names_fini(&s->recording->items);
    s->recording->items = kept;
    return AMS_OK;
out:
    ams_names_fini(&kept);
    return status;
}

static ams_status open_stream(ams_recording *r, const char *path, ams_error *err)
{
    struct stat info;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        return io_failure("write", path, err);
    }
    if (fstat(fd, &info) == 0 && !S_ISREG(info.st_mode)) {
        close(fd);
        return ams_fail(err, AMS_IO,
                        "cannot record into %s: expected a file, which can be continued; it is "
                        "a device or a pipe",
                        path);
    }
    ams_lock lock;
    int held = -1;
    ams_status status = ams_lock_file(fd, path, &held, &lock, err);
    if (status == AMS_OK && lock.state == AMS_LOCK_IN_USE) {
        status = ams_fail(err, AMS_IO, "%s: it is being recorded into by %s", path, lock.by);
    }
    if (status != AMS_OK) {
        close(fd);
        return status;
    }
    r->held = held < 0 ? 0 : held;
    r->stream = fdopen(fd, "r+");
    if (r->stream == NULL) {
        close(fd);
        return io_failure("write", path, err);
    }
    return AMS_OK;
}

ams_status ams_recording_open(ams_recording *recording, const char *path,
                              const ams_programs *programs, ams_error *err)
{
    recording_scan s = {.recording = recording, .path = path, .programs = programs};
    ams_status status = AMS_OK;
    *recording = (ams_recording){.stream = NULL};
    AMS_TRY(open_stream(recording, path, err));
    AMS_TRY(read_rows(&s, err));
    AMS_TRY(drop_last(&s, err));
    if (fseeko(recording->stream, recording->end, SEEK_SET) != 0 ||
        ftruncate(fileno(recording->stream), recording->end) != 0) {
        status = io_failure("continue", path, err);
    }
out:
    free(s.seen);
    if (status != AMS_OK) {
        ams_recording_close(recording, path, NULL);
    }
    return status;
}

ams_status ams_recording_add(ams_recording *recording, const char *path, const void *rows,
                             size_t size, ams_error *err)
{
    if (fwrite(rows, 1, size, recording->stream) == size && fflush(recording->stream) == 0) {
        recording->end += (long long)size;
        return AMS_OK;
    }
    ams_status status = io_failure("write", path, err);
    /* The rows of whole items stay. Where even this fails, the next opening cuts the rest off.
     */
    if (ftruncate(fileno(recording->stream), recording->end) != 0) {
        ams_error_prefix(err, "%s ends with a torn row", path);
    }
    return status;
}

ams_status ams_recording_close(ams_recording *recording, const char *path, ams_error *err)
{
    ams_status status = AMS_OK;
    if (recording->stream != NULL) {
        const int fd = fileno(recording->stream);
        if (fsync(fd) != 0 && errno != EINVAL) {
            status = io_failure("sync", path, err);
        }
        fclose(recording->stream);
    }
    if (recording->held > 0) {
        ams_lock_close(recording->held, path);
    }
    ams_names_fini(&recording->items);
    *recording = (ams_recording){.stream = NULL};
    return status;
}
