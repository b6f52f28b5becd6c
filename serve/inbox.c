#include "serve/inbox.h"

#include <string.h>

enum { KEPT = 1 << 16 };

void ams_inbox_fini(ams_inbox *inbox)
{
    ams_text_fini(&inbox->bytes);
    *inbox = (ams_inbox){.most = inbox->most};
}

bool ams_inbox_push(ams_inbox *inbox, const void *bytes, size_t n)
{
    if (inbox->at == inbox->bytes.used && inbox->bytes.room > KEPT) {
        ams_text_fini(&inbox->bytes); /* memory of one long line is not kept */
        inbox->at = inbox->looked = 0;
    }
    ams_text_drop(&inbox->bytes, inbox->at);
    inbox->looked -= inbox->at;
    inbox->at = 0;
    ams_text_bytes(&inbox->bytes, bytes, n);
    return !inbox->bytes.failed;
}

size_t ams_inbox_rest(const ams_inbox *inbox)
{
    return inbox->bytes.used - inbox->at;
}

ams_inbox_found ams_inbox_next(ams_inbox *inbox, const char **line, size_t *n)
{
    while (inbox->looked < inbox->bytes.used) {
        const char *start = inbox->bytes.data + inbox->at;
        const char *from = inbox->bytes.data + inbox->looked;
        const char *end = memchr(from, '\n', inbox->bytes.used - inbox->looked);
        const bool given_up = inbox->oversized;
        inbox->looked = end == NULL ? inbox->bytes.used : (size_t)(end - inbox->bytes.data) + 1;
        size_t length = (end == NULL ? inbox->looked : inbox->looked - 1) - inbox->at;
        if (end != NULL && length > 0 && start[length - 1] == '\r') {
            length--;
        }
        inbox->oversized = given_up || length > inbox->most;
        if (end != NULL || inbox->oversized) {
            inbox->at = inbox->looked; /* nothing is kept of a line that was too long */
        }
        if (inbox->oversized) {
            inbox->oversized = end == NULL;
            if (!given_up) {
                return AMS_INBOX_OVERSIZED;
            }
        } else if (end != NULL && length > 0) {
            *line = start;
            *n = length;
            return AMS_INBOX_LINE;
        }
    }
    return AMS_INBOX_NONE;
}
