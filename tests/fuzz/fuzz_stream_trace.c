/* Requests of a stream: whatever comes, nothing breaks, and requests that are taken are in
 * order and of items that exist. */
#include "ams/stream_sim.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>

enum { ITEMS = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file file = fuzz_file_open(data, size);
    ams_stream_trace trace;
    ams_error err = {.text = ""};
    ams_status status = ams_stream_trace_read(&trace, file.path, ITEMS, NULL, NULL, &err);
    fuzz_check(status, &err);
    need(status == AMS_OK || trace.n == 0);
    for (uint64_t k = 0; k < trace.n; k++) {
        need(isfinite(trace.arrival_ms[k]) && trace.arrival_ms[k] >= 0);
        need(isfinite(trace.deadline_ms[k]) && trace.deadline_ms[k] >= trace.arrival_ms[k]);
        need(k == 0 || trace.arrival_ms[k] >= trace.arrival_ms[k - 1]);
        need(trace.item[k] < ITEMS);
    }
    ams_stream_trace_fini(&trace);
    fuzz_file_close(&file);
    return 0;
}
