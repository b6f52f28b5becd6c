/* Replays a fuzz target without a fuzzing engine: each file of the directories given as it is,
 * then in VARIANTS versions with bytes flipped, cut out or put in. The same on every machine.
 */
#include "base/rng.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { VARIANTS = 2000, MOST_CHANGES = 8, MOST_INSERTED = 64, MOST_BYTES = 1 << 24 };

typedef struct bytes {
    uint8_t *data;
    size_t size;
} bytes;

static bytes read_whole(const char *path)
{
    bytes file = {0};
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > MOST_BYTES) {
        return file;
    }
    FILE *stream = fopen(path, "rbe");
    need(stream != NULL);
    file.size = (size_t)info.st_size;
    file.data = malloc(file.size + 1);
    need(file.data != NULL && fread(file.data, 1, file.size, stream) == file.size);
    fclose(stream);
    return file;
}

static void flip(bytes *b, ams_rng *rng)
{
    if (b->size > 0) {
        uint32_t at = ams_rng_below(rng, (uint32_t)b->size);
        uint32_t word = ams_rng_next(rng);
        uint32_t bits = (word & 0x100) != 0 ? 1U << (word & 7) : word & 0xFF;
        b->data[at] = (uint8_t)(b->data[at] ^ bits);
    }
}

static void cut(bytes *b, ams_rng *rng)
{
    if (b->size > 0) {
        uint32_t at = ams_rng_below(rng, (uint32_t)b->size);
        size_t length = 1 + ams_rng_below(rng, (uint32_t)(b->size - at));
        /* Half of the cuts take everything from there on: a file that ends too early. */
        length = ams_rng_below(rng, 2) == 0 ? b->size - at : length;
        memmove(b->data + at, b->data + at + length, b->size - at - length);
        b->size -= length;
    }
}

/* There is room for MOST_INSERTED bytes a change. */
static void insert(bytes *b, ams_rng *rng)
{
    uint32_t at = ams_rng_below(rng, (uint32_t)b->size + 1);
    uint32_t length = 1 + ams_rng_below(rng, MOST_INSERTED);
    memmove(b->data + at + length, b->data + at, b->size - at);
    bool copied = b->size >= 2 * (size_t)length && ams_rng_below(rng, 2) == 0;
    uint32_t from = copied ? ams_rng_below(rng, (uint32_t)(b->size - length)) : 0;
    for (uint32_t i = 0; i < length; i++) {
        b->data[at + i] = copied ? b->data[from + i] : (uint8_t)ams_rng_next(rng);
    }
    b->size += length;
}

/* A block of its own size: a read past the end shows. */
static void run_exact(const bytes *b)
{
    uint8_t *copy = malloc(b->size == 0 ? 1 : b->size);
    need(copy != NULL);
    memcpy(copy, b->data, b->size);
    (void)LLVMFuzzerTestOneInput(copy, b->size);
    free(copy);
}

static void run_variants(const bytes *file, uint64_t number)
{
    static void (*const change[])(bytes *, ams_rng *) = {flip, flip, flip, cut, insert};
    ams_rng rng = ams_rng_init(number, AMS_STREAM_TEST);
    bytes b = {.data = malloc(file->size + (size_t)MOST_CHANGES * MOST_INSERTED)};
    need(b.data != NULL);
    for (int v = 0; v < VARIANTS; v++) {
        memcpy(b.data, file->data, file->size);
        b.size = file->size;
        for (uint32_t n = 1 + ams_rng_below(&rng, MOST_CHANGES); n > 0; n--) {
            change[ams_rng_below(&rng, sizeof change / sizeof *change)](&b, &rng);
        }
        run_exact(&b);
    }
    free(b.data);
}

/* Returns the number of files, which numbers their random streams too. */
static uint64_t replay_directory(const char *directory, uint64_t number)
{
    struct dirent **entry = NULL;
    int n = scandir(directory, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", directory, entry[i]->d_name);
        bytes file = read_whole(path);
        if (file.data != NULL) {
            run_exact(&file);
            run_variants(&file, number++);
        }
        free(file.data);
        free(entry[i]);
    }
    free(entry);
    return number;
}

int main(int argc, char **argv)
{
    uint64_t files = 0;
    for (int i = 1; i < argc; i++) {
        files = replay_directory(argv[i], files);
    }
    printf("%llu files, %d variants each\n", (unsigned long long)files, VARIANTS);
    return files == 0;
}
