/* A table of distinct names: text -> index in order of first appearance, and back. About 40
 * bytes per name besides the text; one hash and one comparison per look-up. */
#ifndef AMS_NAMES_H
#define AMS_NAMES_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_names {
    uint32_t count;
    /* private */
    char *text; /* all names, each with its 0, one after the other */
    size_t text_used, text_capacity;
    size_t *start; /* (count) offset of each name in text */
    size_t start_capacity;
    uint32_t *slot; /* open addressing, index + 1, 0 = empty; power-of-two size */
    uint32_t slots;
} ams_names;

#define AMS_NO_NAME UINT32_MAX

/* An all-zero ams_names is empty and valid; fini makes it so again. */
void ams_names_fini(ams_names *names);
/* Index of the name, added if new. length excludes the terminating 0; control characters are
 * refused with AMS_BAD_DATA. At most 2^31 names. */
ams_status ams_names_add(ams_names *names, const char *name, size_t length, uint32_t *index,
                         ams_error *err);
/* AMS_NO_NAME when absent. */
uint32_t ams_names_find(const ams_names *names, const char *name, size_t length);
/* Valid until the next add. */
const char *ams_names_get(const ams_names *names, uint32_t index);
/* order (count) becomes the indices in ascending byte order of their names. */
ams_status ams_names_sort(const ams_names *names, uint32_t **order, ams_error *err);

/* The candidate with the smallest edit distance to `word`, or NULL if none is near enough to be
 * a plausible misspelling (more than a third of the word, at least 2, away). */
const char *ams_nearest(const char *word, const char *const *candidates, size_t count);
/* The end of a message about a word that is not among them: "; did you mean gamma?", the name
 * between `quote` and `quote`; "" where none is near. */
typedef struct ams_hint {
    char text[320];
} ams_hint;
ams_hint ams_hint_of(const char *word, const char *const *candidates, size_t count,
                     const char *quote);
/* The same of a word of a list between commas, the name between ' and '. Where it is a part of
 * a name that has commas: "; in a list 'a,b' is written 'a\\,b'". */
ams_hint ams_list_hint(const char *word, const char *const *candidates, size_t count);
ams_hint ams_list_hint_names(const char *word, const ams_names *names);
/* AMS_USAGE: "unknown WHAT 'word'", with the nearest candidate, or else with all of them. */
ams_status ams_unknown_name(const char *what, const char *word, const char *const *candidates,
                            size_t count, ams_error *err);

/* Where the first control character of a UTF-8 text stands: a line end, a tab, an escape, DEL,
 * U+0080 to U+009F; `length` where there is none. Without them a name reads the same in tables,
 * figures and on a terminal. */
size_t ams_control_at(const char *text, size_t length);
/* AMS_BAD_DATA where the text has one; `what` names it: "the label". */
ams_status ams_check_control(const char *what, const char *text, size_t length, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
