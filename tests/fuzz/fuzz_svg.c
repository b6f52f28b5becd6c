/* A figure in a report: whatever comes, nothing breaks, and what is written has no script and
 * no handler of events, as a reader of HTML sees it: without regard to case. */
#include "lab/report/svg.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/fuzz.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* An attribute of the tag that p is in; returns what is after it. */
static const char *check_attribute(const char *p)
{
    const char *name = p;
    while (isalnum((unsigned char)*p) || *p == '-' || *p == ':' || *p == '_' || *p == '.') {
        p++;
    }
    need(p - name < 2 || strncasecmp(name, "on", 2) != 0);
    if (p[0] == '=' && p[1] == '"') {
        const char *end = strchr(p + 2, '"');
        need(end != NULL);
        need(strncasecmp(p + 2, "javascript:", 11) != 0);
        return end + 1;
    }
    return p == name ? p + 1 : p;
}

static void check_page(const char *p)
{
    while ((p = strchr(p, '<')) != NULL) {
        need(strncasecmp(p, "<script", 7) != 0 && strncasecmp(p, "<foreignObject", 14) != 0);
        p += strcspn(p, " >");
        while (*p != '\0' && *p != '>') {
            p = check_attribute(p);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file file = fuzz_file_open(data, size);
    ams_error err = {.text = ""};
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    need(out != NULL);
    ams_status status = ams_report_svg(out, file.path, "f1", "a label", &err);
    need(fclose(out) == 0);
    fuzz_check(status, &err);
    if (status == AMS_OK) {
        check_page(text);
    }
    free(text);
    fuzz_file_close(&file);
    return 0;
}
