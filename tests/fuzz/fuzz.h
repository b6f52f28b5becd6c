/* What the fuzz targets share. */
#ifndef AMS_TESTS_FUZZ_H
#define AMS_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* libFuzzer's interface; replay.c calls it without the engine. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of the code under test. abort(), which every engine takes for a finding. */
static inline void need(int condition)
{
    if (!condition) {
        abort();
    }
}

#endif
