/* What a row may hold, whatever it was read from. */
#include "data/rows.h"

#include "base/eight.h"
#include "base/number.h"

#include <math.h>
#include <string.h>

/* Length of the UTF-8 sequence at `text`; 0 if it is none. Overlong forms and surrogates pass:
 * what matters here is that readers find the ends of characters. */
static size_t sequence_length(const unsigned char *text)
{
    static const struct {
        unsigned char mask, lead;
    } form[] = {{0x80, 0x00}, {0xE0, 0xC0}, {0xF0, 0xE0}, {0xF8, 0xF0}};
    for (size_t length = 1; length <= 4; length++) {
        if ((text[0] & form[length - 1].mask) != form[length - 1].lead) {
            continue;
        }
        for (size_t i = 1; i < length; i++) {
            if ((text[i] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return length;
    }
    return 0;
}

ams_status ams_row_check_name(const char *what, const char *name, ams_error *err)
{
    size_t length = strlen(name);
    if (length == 0) {
        return ams_fail(err, AMS_BAD_DATA, "expected a name of the %s, found an empty text",
                        what);
    }
    if (length > AMS_LONGEST_NAME) {
        return ams_fail(err, AMS_BAD_DATA,
                        "expected a name of the %s of at most %d bytes, found %zu", what,
                        AMS_LONGEST_NAME, length);
    }
    for (size_t i = 0; i < length;) {
        if (i + 8 <= length && ams_eight_unusual(ams_eight(name + i)) == 0) {
            i += 8;
            continue;
        }
        if (name[i] >= ' ' && name[i] < 0x7F) { /* nearly all are */
            i++;
            continue;
        }
        const unsigned char *at = (const unsigned char *)name + i;
        size_t step = sequence_length(at);
        if (step == 0 || ams_control_at(name + i, step) < step) {
            return ams_fail(err, AMS_BAD_DATA,
                            "expected a name of the %s in UTF-8 without control characters, "
                            "found byte 0x%02X at its position %zu",
                            what, *at, i + 1);
        }
        i += step;
    }
    return AMS_OK;
}

ams_status ams_row_check_conf(const char *label, double *conf, uint32_t *clamped,
                              ams_error *err)
{
    bool changed = false;
    if (ams_confidence(conf, &changed)) {
        *clamped += changed ? 1 : 0;
        return AMS_OK;
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "label '%s': expected a confidence from 0 to 1, found %.9g", label, *conf);
}

ams_status ams_row_check_time(double time_ms, ams_error *err)
{
    /* As the table will hold it: a double may be positive and still 0 or infinite as a float.
     */
    float kept = (float)time_ms;
    if (isfinite(kept) && kept > 0) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "expected time_ms greater than 0 and below 3.4e38, found "
                    "%.9g",
                    time_ms);
}

ams_status ams_row_check_split(const char *split, ams_error *err)
{
    ams_split parsed = AMS_TRAIN;
    if (ams_split_parse(split, &parsed)) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_BAD_DATA, "expected split train, validation or test, found '%s'",
                    split);
}
