#include "ams/names.h"

#include "base/eight.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

void ams_names_fini(ams_names *names)
{
    free(names->text);
    free(names->start);
    free(names->slot);
    *names = (ams_names){0};
}

const char *ams_names_get(const ams_names *names, uint32_t index)
{
    return names->text + names->start[index];
}

static size_t length_of(const ams_names *names, uint32_t index)
{
    const size_t end = index + 1 == names->count ? names->text_used : names->start[index + 1];
    return end - names->start[index] - 1;
}

/* The slot that holds the name, or the empty one where it belongs. */
static uint32_t probe(const ams_names *names, const char *name, size_t length)
{
    uint32_t mask = names->slots - 1;
    uint32_t at = (uint32_t)XXH3_64bits(name, length) & mask;
    while (names->slot[at] != 0) {
        const uint32_t held = names->slot[at] - 1;
        if (length_of(names, held) == length &&
            memcmp(ams_names_get(names, held), name, length) == 0) {
            break;
        }
        at = (at + 1) & mask;
    }
    return at;
}

uint32_t ams_names_find(const ams_names *names, const char *name, size_t length)
{
    if (names->count == 0) {
        return AMS_NO_NAME;
    }
    uint32_t held = names->slot[probe(names, name, length)];
    return held == 0 ? AMS_NO_NAME : held - 1;
}

static ams_status rehash(ams_names *names, uint32_t slots, ams_error *err)
{
    uint32_t *old = names->slot;
    ams_status status = ams_alloc(&names->slot, slots, sizeof *names->slot, "names", err);
    if (status != AMS_OK) {
        names->slot = old;
        return status;
    }
    free(old);
    names->slots = slots;
    for (uint32_t i = 0; i < names->count; i++) {
        const char *name = ams_names_get(names, i);
        names->slot[probe(names, name, strlen(name))] = i + 1;
    }
    return AMS_OK;
}

size_t ams_control_at(const char *text, size_t length)
{
    size_t i = 0;
    while (i + 8 <= length && ams_eight_unusual(ams_eight(text + i)) == 0) {
        i += 8;
    }
    for (; i < length; i++) {
        const unsigned char byte = (unsigned char)text[i];
        /* U+0080 to U+009F are C2 80 to C2 9F. */
        if (byte < 0x20 || byte == 0x7F ||
            (byte == 0xC2 && i + 1 < length && ((unsigned char)text[i + 1] & 0xE0) == 0x80)) {
            return i;
        }
    }
    return length;
}

ams_status ams_check_control(const char *what, const char *text, size_t length, ams_error *err)
{
    const size_t at = ams_control_at(text, length);
    return at == length ? AMS_OK
                        : ams_fail(err, AMS_BAD_DATA,
                                   "expected %s without control characters, found byte 0x%02X "
                                   "at its position %zu",
                                   what, (unsigned char)text[at], at + 1);
}

ams_status ams_names_add(ams_names *names, const char *name, size_t length, uint32_t *index,
                         ams_error *err)
{
    uint32_t at = 0;
    if (names->slots > 0) {
        at = probe(names, name, length);
        if (names->slot[at] != 0) { /* mostly; what is held was checked when it came */
            *index = names->slot[at] - 1;
            return AMS_OK;
        }
    }
    ams_status status = ams_check_control("a name", name, length, err);
    if (status != AMS_OK) {
        return status;
    }
    if (names->count >= (UINT32_C(1) << 31) - 1) {
        return ams_fail(err, AMS_BAD_DATA, "more than 2^31 - 1 distinct names");
    }
    /* At most two thirds full: short probe sequences. */
    if ((names->count + 1) > names->slots / 3 * 2) {
        status = rehash(names, names->slots == 0 ? 64 : names->slots * 2, err);
        if (status != AMS_OK) {
            return status;
        }
        at = probe(names, name, length);
    }
    status = ams_grow(&names->text, &names->text_capacity, names->text_used + length + 1, 1,
                      "names", err);
    if (status == AMS_OK) {
        status = ams_grow(&names->start, &names->start_capacity, (size_t)names->count + 1,
                          sizeof *names->start, "names", err);
    }
    if (status != AMS_OK) {
        return status;
    }
    memcpy(names->text + names->text_used, name, length);
    names->text[names->text_used + length] = '\0';
    names->start[names->count] = names->text_used;
    names->text_used += length + 1;
    *index = names->count++;
    names->slot[at] = names->count;
    return AMS_OK;
}

static int compare_names(const void *a, const void *b, void *names)
{
    return strcmp(ams_names_get(names, *(const uint32_t *)a),
                  ams_names_get(names, *(const uint32_t *)b));
}

ams_status ams_names_sort(const ams_names *names, uint32_t **order, ams_error *err)
{
    ams_status status =
        ams_alloc(order, names->count, sizeof **order, "an order of names", err);
    if (status != AMS_OK) {
        return status;
    }
    for (uint32_t i = 0; i < names->count; i++) {
        (*order)[i] = i;
    }
    ams_names copy = *names; /* qsort_r wants a pointer to non-const; nothing is written */
    qsort_r(*order, names->count, sizeof **order, compare_names, &copy);
    return AMS_OK;
}

enum { LONGEST_WORD = 63 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Levenshtein distance, one row at a time. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[LONGEST_WORD + 1];
    size_t width = strlen(b);
    for (size_t j = 0; j <= width; j++) {
        row[j] = j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t above = row[j];
            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[width];
}

const char *ams_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word);
    size_t limit = length / 3 < 2 ? 2 : length / 3;
    const char *best = NULL;
    for (size_t i = 0; i < count && length <= LONGEST_WORD; i++) {
        if (strlen(candidates[i]) > LONGEST_WORD) {
            continue;
        }
        size_t distance = edit_distance(word, candidates[i]);
        if (distance <= limit) {
            best = candidates[i];
            limit = distance - (distance > 0);
            if (distance == 0) {
                break;
            }
        }
    }
    return best;
}

ams_hint ams_hint_of(const char *word, const char *const *candidates, size_t count,
                     const char *quote)
{
    ams_hint hint = {""};
    const char *nearest = ams_nearest(word, candidates, count);
    if (nearest != NULL) {
        snprintf(hint.text, sizeof hint.text, "; did you mean %s%.290s%s?", quote, nearest,
                 quote);
    }
    return hint;
}

/* Whether the word is one of the parts of a name between its commas. */
static bool is_part(const char *word, const char *name)
{
    const size_t length = strlen(word);
    if (strchr(name, ',') == NULL) {
        return false;
    }
    for (const char *at = name; at != NULL; at = strchr(at, ',')) {
        at += at != name;
        if (strcspn(at, ",") == length && memcmp(at, word, length) == 0) {
            return true;
        }
    }
    return false;
}

static ams_hint hint_of_commas(const char *name)
{
    ams_hint hint = {""};
    char shown[AMS_SHORT_BYTES(AMS_NAME_IN_TABLE)];
    ams_text_shorten(shown, name, AMS_NAME_IN_TABLE);
    FILE *stream = fmemopen(hint.text, sizeof hint.text, "w");
    if (stream != NULL) {
        fprintf(stream, "; in a list '%s' is written '", shown);
        ams_list_put(stream, shown);
        fputc('\'', stream);
        (void)fclose(stream);
    }
    return hint;
}

ams_hint ams_list_hint(const char *word, const char *const *candidates, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        if (is_part(word, candidates[k])) {
            return hint_of_commas(candidates[k]);
        }
    }
    return ams_hint_of(word, candidates, count, "'");
}

ams_hint ams_list_hint_names(const char *word, const ams_names *names)
{
    const char **candidate = NULL;
    ams_hint hint = {""};
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    if (ams_alloc(&candidate, names->count, sizeof *candidate, "names", NULL) == AMS_OK) {
        for (uint32_t k = 0; k < names->count; k++) {
            candidate[k] = ams_names_get(names, k);
        }
        hint = ams_list_hint(word, candidate, names->count);
    }
    free((void *)candidate);
    return hint;
}

ams_status ams_unknown_name(const char *what, const char *word, const char *const *candidates,
                            size_t count, ams_error *err)
{
    const char *nearest = ams_nearest(word, candidates, count);
    char all[512] = "";
    size_t used = 0;
    if (nearest != NULL) {
        return ams_fail(err, AMS_USAGE, "unknown %s '%s'; did you mean %s?", what, word,
                        nearest);
    }
    for (size_t k = 0; k < count && used + strlen(candidates[k]) + 3 < sizeof all; k++) {
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", k == 0 ? "" : ", ",
                                 candidates[k]);
    }
    return ams_fail(err, AMS_USAGE, "unknown %s '%s'; expected one of %s", what, word, all);
}
