/* A whole CSV file of rows: whatever comes, nothing breaks, and a run that is taken keeps the
 * promises of data.h. */
#include "data/csv.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_run(const ams_row *row)
{
    ams_split split = AMS_TRAIN;
    need(row->item[0] != '\0' && row->model[0] != '\0');
    need(row->group == NULL || row->group[0] != '\0');
    need(row->split == NULL || ams_split_parse(row->split, &split));
    need(isnan(row->time_ms) || row->time_ms > 0);
    for (uint32_t i = 0; i < row->n_labels; i++) {
        need(row->label[i][0] != '\0' && row->conf[i] >= 0 && row->conf[i] <= 1);
    }
}

static void read_all(ams_csv_reader *reader)
{
    ams_error err;
    bool found = true;
    uint64_t last = 0;
    while (found) {
        ams_row row;
        uint64_t line = 0;
        bool bad_row = false;
        ams_status status = ams_csv_next(reader, &row, &line, &found, &bad_row, &err);
        if (status != AMS_OK && !bad_row) {
            return; /* the file cannot be read on */
        }
        if (status == AMS_OK && found) {
            need(line > last);
            last = line;
            check_run(&row);
        }
        found = found || bad_row;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A file in memory, which the line reader opens by its path. */
    char path[64];
    int fd = memfd_create("rows", MFD_CLOEXEC);
    need(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ams_error err;
    ams_line_reader *lines = NULL;
    ams_csv_reader *reader = NULL;
    if (ams_lines_open(&lines, path, &err) == AMS_OK) {
        const ams_csv_frame frame = {.path = path, .lines = lines};
        if (ams_csv_open(&reader, &frame, &err) == AMS_OK) {
            read_all(reader);
        }
    }
    ams_csv_close(reader);
    ams_lines_close(lines);
    close(fd);
    return 0;
}
