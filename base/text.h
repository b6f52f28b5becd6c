/* Names and numbers in printed tables and figures, where files hold both in full; names in
 * lists between commas. */
#ifndef AMS_BASE_TEXT_H
#define AMS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Characters of a name in a figure, and at most in a column of a table. */
enum { AMS_NAME_IN_FIGURE = 32, AMS_NAME_IN_TABLE = 48 };

/* Characters of UTF-8 text, which is what a column of a table has to hold. */
uint32_t ams_text_width(const char *text);
/* Bytes that hold any text of so many characters, its ellipsis and the terminating 0. */
#define AMS_SHORT_BYTES(characters) ((size_t)(characters)*4 + 4)
/* The text itself where it has at most `characters`; else its begin and its end with an
 * ellipsis between them: names of models differ at both. out (AMS_SHORT_BYTES(characters)). */
void ams_text_shorten(char *out, const char *text, uint32_t characters);
/* Spaces that fill the text up to `width` characters, for "%*s" with "". */
int ams_text_fill(const char *text, uint32_t width);

enum { AMS_AMOUNT_BYTES = 32 };
/* A time or a cost in a table whose largest one is `largest`: one decimal where that is from
 * 100 to below 10 million, else four significant digits. */
void ams_amount_print(char out[AMS_AMOUNT_BYTES], double amount, double largest);
/* How many decimals such a number has in a file: `decimals`, and more where the largest one is
 * below 1, so that as many digits count as if it were between 1 and 10. */
int ams_amount_decimals(double largest, int decimals);

/* -- lists between commas, as options and cells of tables have them --
 *
 * In a name "\\," is a comma and "\\\\" a backslash; any other backslash stands for itself. */

/* The first name of the list, cut off in place and without such backslashes. *rest becomes what
 * follows its comma; NULL, where none does. */
char *ams_list_next(char **rest);
/* Whether a name's byte at `at` needs a backslash before it there. */
bool ams_list_escapes(const char *at);
/* Writes a name so that ams_list_next reads the same. */
void ams_list_put(FILE *stream, const char *name);

#endif
