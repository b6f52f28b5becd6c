/* A trace in words. */
#include "lab/reproduce/reproduce.h"

#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAMED = 3 };

/* "?" where it is no text. */
static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "?" : text;
}

static void put_found(FILE *stream, const json_t *found)
{
    size_t n = json_array_size(found);
    if (n == 0) {
        fputs(" finds nothing new", stream);
        return;
    }
    for (size_t k = 0; k < n && k < NAMED; k++) {
        const json_t *label = json_array_get(found, k);
        const char *name = json_string_value(json_array_get(label, 0));
        fprintf(stream, "%s%s (%.2f)", k == 0 ? " finds " : ", ", name == NULL ? "?" : name,
                json_number_value(json_array_get(label, 1)));
    }
    if (n > NAMED) {
        fprintf(stream, " and %zu more", n - NAMED);
    }
}

ams_status ams_trace_words(const char *path, char **words, ams_error *err)
{
    json_error_t where;
    size_t size = 0;
    ams_status status = AMS_OK;
    json_t *trace = json_load_file(path, 0, &where);
    const json_t *runs = json_object_get(trace, "runs");
    *words = NULL;
    if (!json_is_array(runs)) {
        char found[AMS_JSON_FOUND];
        status = ams_fail(err, AMS_BAD_DATA, "%s: %sexpected %s, found %s", path,
                          trace == NULL ? "" : "field 'runs': ",
                          trace == NULL ? "a trace" : "an array of executions",
                          trace == NULL ? ams_json_broken(&where, found)
                                        : ams_json_found(runs, found));
        json_decref(trace);
        return status;
    }
    FILE *stream = open_memstream(words, &size);
    if (stream == NULL) {
        json_decref(trace);
        return ams_no_memory(err, 0, "a sentence");
    }
    const json_t *done = json_object_get(trace, "done_ms");
    const int digits = ams_amount_decimals(json_number_value(done), 0);
    const char *unit = json_string_value(json_object_get(trace, "cost_unit"));
    unit = unit == NULL ? "ms" : unit;
    fprintf(stream, "Item %s, by %s with %s:", text_of(trace, "item"),
            text_of(trace, "scheduler"), text_of(trace, "policy"));
    for (size_t k = 0; k < json_array_size(runs); k++) {
        const json_t *run = json_array_get(runs, k); /* an execution of a model */
        double begun = json_number_value(json_object_get(run, "start_ms"));
        double ended = json_number_value(json_object_get(run, "end_ms"));
        fprintf(stream, "%s %s (%.*f %s)", k == 0 ? "" : ";", text_of(run, "model"), digits,
                ended - begun, unit);
        put_found(stream, json_object_get(run, "found"));
    }
    fprintf(stream, ". Recall %.3f of the item's value after %.*f %s.",
            json_number_value(json_object_get(trace, "recall")), digits,
            json_number_value(done), unit);
    if (fclose(stream) != 0) {
        status = ams_no_memory(err, size, "a sentence");
    }
    json_decref(trace);
    return status;
}
