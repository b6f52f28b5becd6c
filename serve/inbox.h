/* Bytes as they come in, cut into lines. A line past the limit is skipped up to its end and
 * reported once; what follows it is whole again. */
#ifndef AMS_SERVE_INBOX_H
#define AMS_SERVE_INBOX_H

#include "ams/status.h"
#include "serve/text.h"

/* All zero but for `most` is empty and valid. */
typedef struct ams_inbox {
    size_t most; /* bytes of a line, its end left out */
    /* private */
    ams_text bytes;
    size_t at;      /* where the first line that was not yet returned begins */
    size_t looked;  /* up to there no line ends, from `at` on */
    bool oversized; /* the line that `at` is in has been given up */
} ams_inbox;

typedef enum ams_inbox_found {
    AMS_INBOX_NONE, /* until more comes in */
    AMS_INBOX_LINE,
    AMS_INBOX_OVERSIZED /* a line was longer than `most`; reported at once */
} ams_inbox_found;

void ams_inbox_fini(ams_inbox *inbox);
/* false: out of memory. */
bool ams_inbox_push(ams_inbox *inbox, const void *bytes, size_t n);
/* The next line without its "\n" or "\r\n", borrowed until the next push; empty lines are
 * skipped. */
ams_inbox_found ams_inbox_next(ams_inbox *inbox, const char **line, size_t *n);
/* Bytes of a line that has begun and not ended. */
size_t ams_inbox_rest(const ams_inbox *inbox);

#endif
