/* Lines of a file that may be compressed: whatever comes, nothing breaks, and lines come in
 * order, each ended by a 0. */
#include "data/lines.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/fuzz.h"

enum { MOST_BYTES = 1 << 24 }; /* of text: a few bytes may stand for more than a run reads */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file file = fuzz_file_open(data, size);
    ams_line_reader *reader = NULL;
    ams_error err = {.text = ""};
    const char *line = "";
    size_t total = 0;
    uint64_t number = 0;
    ams_status status = ams_lines_open(&reader, file.path, &err);
    while (status == AMS_OK && line != NULL && total < MOST_BYTES) {
        size_t length = 0;
        status = ams_lines_next(reader, &line, &length, &err);
        if (status == AMS_OK && line != NULL) {
            need(ams_lines_number(reader) == ++number);
            need(line[length] == '\0');
            total += length + 1;
        }
    }
    fuzz_check(status, &err);
    ams_lines_close(reader);
    fuzz_file_close(&file);
    return 0;
}
