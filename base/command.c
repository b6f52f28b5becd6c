#include "base/command.h"

#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

static bool needs_quotes(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./=:,+@%";
    return word[0] == 0 || word[strspn(word, plain)] != 0;
}

/* Single quotes, as a shell reads them; returns the end. */
static char *append_quoted(char *end, const char *word)
{
    *end++ = '\'';
    for (; *word != 0; word++) {
        if (*word == '\'') {
            end = stpcpy(end, "'\\''");
        } else {
            *end++ = *word;
        }
    }
    *end++ = '\'';
    return end;
}

ams_status ams_command_text(char **text, const char *front, char *const *word, size_t n,
                            ams_error *err)
{
    size_t size = strlen(front) + 1;
    for (size_t i = 0; i < n; i++) {
        size += 4 * strlen(word[i]) + 3; /* every character a quote, two quotes, a space */
    }
    ams_status status = ams_alloc(text, size, 1, "a command line", err);
    if (status != AMS_OK) {
        return status;
    }
    char *end = stpcpy(*text, front);
    for (size_t i = 0; i < n; i++) {
        *end++ = ' ';
        end = needs_quotes(word[i]) ? append_quoted(end, word[i]) : stpcpy(end, word[i]);
    }
    *end = 0;
    return AMS_OK;
}
