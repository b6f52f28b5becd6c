/* The file of requests that `ams serve --trace` appends to. */
#include "serve/shared.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char HEADER[] = "arrival_ms,deadline_ms,item,client\n";

/* The latest arrival of all whole rows, and where the last one ends; -1: another header. */
static off_t read_rows(FILE *file, double *last_ms)
{
    char *row = NULL;
    size_t capacity = 0;
    off_t whole = 0;
    for (ssize_t n = 0; whole >= 0 && (n = getline(&row, &capacity, file)) > 0;) {
        const double arrival = strtod(row, NULL);
        if (row[n - 1] != '\n') {
            break;
        }
        if (whole == 0 && strcmp(row, HEADER) != 0) {
            whole = -1;
            break;
        }
        *last_ms = isfinite(arrival) && arrival > *last_ms ? arrival : *last_ms;
        whole += n;
    }
    free(row);
    return whole;
}

static ams_status open_end(FILE *file, double *last_ms, const char *path, ams_error *err)
{
    struct stat info;
    *last_ms = 0;
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        fputs(HEADER, file); /* a pipe has nothing to read */
        return AMS_OK;
    }
    const off_t whole = read_rows(file, last_ms);
    if (whole < 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s:1: expected the columns arrival_ms,deadline_ms,item,client of "
                        "requests, found others; give another name",
                        path);
    }
    if (ferror(file) != 0 || ftruncate(fileno(file), whole) != 0 ||
        fseeko(file, 0, SEEK_END) != 0 || (whole == 0 && fputs(HEADER, file) == EOF) ||
        fflush(file) != 0) {
        return ams_fail(err, AMS_IO, "cannot write %s: %s", path, strerror(errno));
    }
    return AMS_OK;
}

ams_status ams_requests_open(FILE **file, double *last_ms, const char *path, ams_error *err)
{
    *file = fopen(path, "a+e");
    if (*file == NULL) {
        return ams_fail(err, AMS_IO, "cannot write %s: %s", path, strerror(errno));
    }
    ams_status status = open_end(*file, last_ms, path, err);
    if (status != AMS_OK) {
        fclose(*file);
        *file = NULL;
    }
    return status;
}
