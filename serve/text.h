/* A text that grows at its end: replies being written, bytes waiting to be sent. */
#ifndef AMS_SERVE_TEXT_H
#define AMS_SERVE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* All zero is empty and valid. Once memory is short `failed` stays set and nothing more is
 * added, so a writer checks once, at its end. */
typedef struct ams_text {
    char *data; /* not terminated */
    size_t used, room;
    bool failed;
} ams_text;

void ams_text_fini(ams_text *text);
void ams_text_bytes(ams_text *text, const void *bytes, size_t n);
void ams_text_add(ams_text *text, const char *piece);
void ams_text_print(ams_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A JSON string with its quotes; what is not UTF-8 in `piece` becomes U+FFFD. */
void ams_text_json(ams_text *text, const char *piece);
/* A JSON number to three decimals, without zeros at its end; null where it is not finite. */
void ams_text_number(ams_text *text, double value);
/* Takes the first n bytes out. */
void ams_text_drop(ams_text *text, size_t n);

#endif
