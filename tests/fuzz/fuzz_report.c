/* The tables of a report's folder: whatever comes, nothing breaks, and what is refused says
 * why. A page that is written needs no script. */
#include "lab/report/report.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/fuzz.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {"rows.tsv",      "experiments.tsv", "notes.tsv",
                                    "steps.tsv",     "choices.tsv",     "a.svg",
                                    "kept/small.tsv"};
static const char *const written[] = {"report.md", "report.html", "RESULTS.md"};

static void check_page(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    ams_error err;
    need(ams_read_file(path, 1 << 26, &text, &size, &err) == AMS_OK);
    need(strcasestr(text, "<script") == NULL);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ams_error err = {.text = ""};
    char *text = NULL;
    size_t length = 0;
    const char *folder = fuzz_folder(names, sizeof names / sizeof *names, data, size);
    for (size_t k = 0; k < sizeof written / sizeof *written; k++) {
        remove(fuzz_path(written[k]));
    }
    ams_status status = ams_report_write(folder, NULL, &err);
    fuzz_check(status, &err);
    if (status == AMS_OK) {
        check_page(fuzz_path("report.html"));
    }
    fuzz_check(ams_report_results(folder, fuzz_path("RESULTS.md"), &err), &err);
    FILE *out = open_memstream(&text, &length);
    need(out != NULL);
    fuzz_check(ams_report_drift(folder, fuzz_path("kept"), out, &err), &err);
    need(fclose(out) == 0);
    free(text);
    return 0;
}
