/* Numbers in words. */
#include "lab/report/phrases.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Digits after the decimal point, as the file has them. */
static int decimals_of(const char *text)
{
    const char *point = strchr(text, '.');
    return point == NULL ? 0 : (int)strspn(point + 1, "0123456789");
}

static bool has_exponent(const ams_report_number *number)
{
    return number->given && strpbrk(number->text, "eE") != NULL;
}

static void put_number(char phrase[AMS_REPORT_PHRASE], const ams_report_number *number,
                       int decimals)
{
    int own = decimals_of(number->text);
    if (has_exponent(number)) {
        snprintf(phrase, AMS_REPORT_PHRASE, "%.5g", number->value);
    } else {
        snprintf(phrase, AMS_REPORT_PHRASE, "%.*f", decimals < own ? decimals : own,
                 number->value);
    }
}

/* The decimals that show `digits` significant ones of x, which may be infinite: the width of an
 * interval of the largest numbers. */
static int decimals_for(double x, int digits)
{
    if (!isfinite(x)) {
        return 0;
    }
    int decimals = x > 0 ? digits - 1 - (int)floor(log10(x)) : 9;
    return decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
}

void ams_report_measured_parts(char mean[AMS_REPORT_PHRASE], char interval[AMS_REPORT_PHRASE],
                               const ams_report_measured *measured)
{
    *interval = '\0';
    if (!measured->mean.given) {
        snprintf(mean, AMS_REPORT_PHRASE, "not measured");
        return;
    }
    if (!measured->low.given) {
        put_number(mean, &measured->mean, decimals_for(fabs(measured->mean.value), 5));
        return;
    }
    char low[AMS_REPORT_PHRASE];
    char high[AMS_REPORT_PHRASE];
    int decimals = decimals_for((measured->high.value - measured->low.value) / 2, 2);
    put_number(mean, &measured->mean, decimals);
    put_number(low, &measured->low, decimals);
    put_number(high, &measured->high, decimals);
    snprintf(interval, AMS_REPORT_PHRASE, "[%.70s, %.70s]", low, high);
}

void ams_report_measured_phrase(char phrase[AMS_REPORT_PHRASE],
                                const ams_report_measured *measured)
{
    char mean[AMS_REPORT_PHRASE];
    char interval[AMS_REPORT_PHRASE];
    ams_report_measured_parts(mean, interval, measured);
    snprintf(phrase, AMS_REPORT_PHRASE, "%.70s%s%.80s", mean, interval[0] == '\0' ? "" : " ",
             interval);
}

void ams_report_paper_phrase(char phrase[AMS_REPORT_PHRASE], const ams_report_row *row)
{
    const ams_report_number *low = &row->paper_low;
    const ams_report_number *high = &row->paper_high;
    if (!low->given && !high->given) {
        snprintf(phrase, AMS_REPORT_PHRASE, "none");
    } else if (!high->given) {
        snprintf(phrase, AMS_REPORT_PHRASE, "at least %.60s", low->text);
    } else if (!low->given) {
        snprintf(phrase, AMS_REPORT_PHRASE, "at most %.60s", high->text);
    } else if (low->value < high->value) {
        snprintf(phrase, AMS_REPORT_PHRASE, "%.60s to %.60s", low->text, high->text);
    } else {
        snprintf(phrase, AMS_REPORT_PHRASE, "%.60s", low->text);
    }
}

void ams_report_duration(char phrase[AMS_REPORT_PHRASE], double seconds)
{
    double whole = floor(seconds + 0.5);
    if (seconds < 10) {
        snprintf(phrase, AMS_REPORT_PHRASE, "%.2g s", seconds);
    } else if (whole < 60) {
        snprintf(phrase, AMS_REPORT_PHRASE, "%.0f s", whole);
    } else if (whole < 3600) {
        double minutes = floor(whole / 60);
        snprintf(phrase, AMS_REPORT_PHRASE, "%.0f min %.0f s", minutes, whole - 60 * minutes);
    } else {
        double minutes = floor(seconds / 60 + 0.5);
        double hours = floor(minutes / 60);
        snprintf(phrase, AMS_REPORT_PHRASE, "%.0f h %.0f min", hours, minutes - 60 * hours);
    }
}
