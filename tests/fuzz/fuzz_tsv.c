/* A table of tab-separated values: whatever comes, nothing breaks, and of a table that is taken
 * every cell is a text. */
#include "base/tsv.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

static void read_cells(const ams_tsv *tsv)
{
    size_t line = 0;
    ams_error err = {.text = ""};
    need(tsv->n_columns > 0);
    for (size_t r = 0; r < tsv->n_rows; r++) {
        need(ams_tsv_line(tsv, r) > line);
        line = ams_tsv_line(tsv, r);
        for (size_t c = 0; c < tsv->n_columns; c++) {
            double value = 0;
            const char *cell = ams_tsv_cell(tsv, r, c);
            need(cell != NULL && strpbrk(cell, "\t\n") == NULL);
            ams_status status = ams_tsv_number(tsv, r, c, &value, &err);
            need(status != AMS_OK || isfinite(value));
            fuzz_check(status, &err);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file file = fuzz_file_open(data, size);
    ams_tsv tsv = {0};
    ams_error err = {.text = ""};
    size_t column = 0;
    ams_status status = ams_tsv_read(&tsv, file.path, &err);
    fuzz_check(status, &err);
    if (status == AMS_OK) {
        read_cells(&tsv);
        fuzz_check(ams_tsv_require(&tsv, "name", &column, &err), &err);
    }
    ams_tsv_fini(&tsv);
    fuzz_file_close(&file);
    return 0;
}
