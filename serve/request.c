#include "serve/request.h"

#include "ams/names.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const ams_rule_names[] = {"auto",        "trained",          "q-greedy",   "cost-q",
                                      "odds",        "algorithm1",       "algorithm2", "plan",
                                      "plan-beside", "algorithm2-again", NULL};

static const float LEAST = 1e-30F; /* of what has to be above 0, as online/ takes it */

struct ams_request_parser {
    const ams_live_policy *policy;
    json_t *root; /* of the message last parsed: its texts live here */
    const char **label;
    float *confidence;
    size_t label_room, confidence_room;
};

ams_status ams_request_parser_create(ams_request_parser **parser, const ams_live_policy *policy,
                                     ams_error *err)
{
    *parser = calloc(1, sizeof **parser);
    if (*parser == NULL) {
        return ams_no_memory(err, sizeof **parser, "a parser of messages");
    }
    (*parser)->policy = policy;
    return AMS_OK;
}

void ams_request_parser_destroy(ams_request_parser *parser)
{
    if (parser != NULL) {
        json_decref(parser->root);
        free(parser->label);
        free(parser->confidence);
        free(parser);
    }
}

/* ---- fields ---- */

/* Every refusal of a field says which, what was expected and what was found. */
static ams_refusal refuse_value(ams_refusal refusal, const char *field, const char *expected,
                                const json_t *value, ams_error *err)
{
    char found[AMS_JSON_FOUND];
    ams_fail(err, AMS_BAD_DATA, "field '%s': expected %s, found %s", field, expected,
             ams_json_found(value, found));
    return refusal;
}

static ams_refusal refuse_kind(const char *field, const char *expected, const json_t *value,
                               ams_error *err)
{
    return refuse_value(AMS_REFUSED_FIELD, field, expected, value, err);
}

static ams_refusal read_flag(const char *field, const json_t *value, bool *flag, ams_error *err)
{
    *flag = json_is_true(value);
    return json_is_boolean(value) ? AMS_ACCEPTED
                                  : refuse_kind(field, "true or false", value, err);
}

static ams_refusal read_number(const char *field, const json_t *value, double *number,
                               ams_error *err)
{
    *number = json_number_value(value);
    return json_is_number(value) ? AMS_ACCEPTED : refuse_kind(field, "a number", value, err);
}

/* A limit: what is no number is of another kind, what is below 0 cannot be. */
static ams_refusal read_amount(const char *field, const json_t *value, double *number,
                               ams_error *err)
{
    ams_refusal refusal = read_number(field, value, number, err);
    return refusal != AMS_ACCEPTED || *number >= 0
               ? refusal
               : refuse_value(AMS_REFUSED_LIMITS, field, "a number that is not below 0", value,
                              err);
}

/* A required recall, of a policy that has goals. */
static ams_refusal read_goal(const ams_request_parser *p, const json_t *value, double *goal,
                             ams_error *err)
{
    const bool has_goals = ams_online_goals(p->policy->online, NULL, 0) > 0;
    ams_refusal refusal = read_number("goal", value, goal, err);
    return refusal != AMS_ACCEPTED || (has_goals && *goal >= 0 && *goal <= 1)
               ? refusal
               : refuse_value(AMS_REFUSED_LIMITS, "goal",
                              has_goals ? "a recall from 0 to 1" : "a policy with goal inputs",
                              value, err);
}

/* What a call cost, to a policy that answers for money. */
static ams_refusal read_cost(const ams_request_parser *p, const json_t *value, double *cost,
                             ams_error *err)
{
    const bool counts = ams_online_cost_unit(p->policy->online) != NULL;
    ams_refusal refusal = read_number("cost", value, cost, err);
    return refusal != AMS_ACCEPTED || (counts && *cost >= 0 && *cost <= 1e30)
               ? refusal
               : refuse_value(AMS_REFUSED_LIMITS, "cost",
                              "from 0 to 1e30, of a policy that answers for money", value, err);
}

static ams_refusal read_item(const json_t *value, const char **item, ams_error *err)
{
    *item = json_string_value(value);
    size_t length = json_string_length(value);
    if (*item != NULL && length > AMS_ITEM_NAME) {
        ams_fail(err, AMS_BAD_DATA, "field 'item': expected a text of 1 to %d bytes, found %zu",
                 AMS_ITEM_NAME, length);
        return AMS_REFUSED_FIELD;
    }
    return *item != NULL && length > 0
               ? AMS_ACCEPTED
               : refuse_kind("item", "a text of 1 to 256 bytes", value, err);
}

static ams_refusal find_model(const ams_request_parser *p, const char *field, const char *name,
                              uint32_t *model, ams_error *err)
{
    *model = ams_online_model(p->policy->online, name);
    if (*model != AMS_ONLINE_NONE) {
        return AMS_ACCEPTED;
    }
    ams_fail(err, AMS_BAD_DATA, "field '%s': expected a model of the policy, found '%.64s'%s",
             field, name, ams_hint_of(name, p->policy->name, p->policy->n_models, "").text);
    return AMS_REFUSED_MODEL;
}

static ams_refusal read_choice(const char *field, const json_t *value, const char *const *names,
                               int *choice, ams_error *err)
{
    const char *text = json_string_value(value);
    char known[128] = "one of";
    for (*choice = 0; names[*choice] != NULL; ++*choice) {
        if (text != NULL && strcmp(text, names[*choice]) == 0) {
            return AMS_ACCEPTED;
        }
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s %s", *choice == 0 ? "" : ",",
                 names[*choice]);
    }
    return refuse_kind(field, known, value, err);
}

/* Numbers per model: what models that are not named keep, and the least that may be. */
typedef struct request_amounts {
    float (*otherwise)(const ams_online *, uint32_t); /* NULL: 1 */
    bool positive;
} request_amounts;

/* {"model": number}. */
static ams_refusal read_models(const ams_request_parser *p, const char *field, json_t *value,
                               const request_amounts *of, float *target, ams_error *err)
{
    const char *name = NULL;
    json_t *number = NULL;
    if (!json_is_object(value)) {
        return refuse_kind(field, "an object of models and numbers", value, err);
    }
    for (uint32_t m = 0; m < p->policy->n_models; m++) {
        target[m] = of->otherwise == NULL ? 1 : of->otherwise(p->policy->online, m);
    }
    json_object_foreach(value, name, number)
    {
        uint32_t model = 0;
        ams_refusal refusal = find_model(p, field, name, &model, err);
        if (refusal != AMS_ACCEPTED) {
            return refusal;
        }
        char place[AMS_ITEM_NAME];
        snprintf(place, sizeof place, "%s.%s", field, name);
        if (!json_is_number(number)) {
            return refuse_kind(place, "a number", number, err);
        }
        target[model] = (float)json_number_value(number);
        if (isinf(target[model]) || !(target[model] >= (of->positive ? LEAST : 0))) {
            return refuse_value(AMS_REFUSED_LIMITS, place,
                                of->positive ? "a number above 0 and below 3.4e38"
                                             : "a number from 0 to 3.4e38",
                                number, err);
        }
    }
    return AMS_ACCEPTED;
}

/* "label" or ["label", confidence]. */
static bool read_label(const json_t *value, const char **label, float *confidence)
{
    const json_t *name = json_is_array(value) ? json_array_get(value, 0) : value;
    const json_t *conf = json_array_get(value, 1);
    *label = json_string_value(name);
    double number = conf == NULL ? 1 : json_number_value(conf);
    bool pair = json_array_size(value) == 2 && json_is_number(conf);
    bool proper = ams_confidence(&number, NULL);
    *confidence = (float)number;
    return *label != NULL && (json_is_string(value) || pair) && proper;
}

/* Of a pair the part that is wrong is shown. */
static ams_refusal refuse_label(const json_t *value, size_t position, ams_error *err)
{
    char place[32];
    char found[AMS_JSON_FOUND];
    const json_t *conf = json_array_get(value, 1);
    if (json_array_size(value) == 2 && json_is_string(json_array_get(value, 0))) {
        ams_json_found(conf, found);
    } else if (json_array_size(value) == 2) {
        snprintf(found, sizeof found, "an array with something else as label");
    } else {
        ams_json_found(value, found);
    }
    snprintf(place, sizeof place, "labels[%zu]", position - 1);
    ams_fail(err, AMS_BAD_DATA,
             "field '%s': expected \"label\" or [\"label\", confidence from 0 to 1] at "
             "position %zu, found %s",
             place, position, found);
    return AMS_REFUSED_FIELD;
}

static ams_refusal read_labels(ams_request_parser *p, const json_t *value, ams_request *r,
                               ams_error *err)
{
    const size_t n = json_array_size(value);
    if (!json_is_array(value)) {
        return refuse_kind("labels", "an array", value, err);
    }
    if (ams_grow(&p->label, &p->label_room, n, sizeof *p->label, "labels", err) != AMS_OK ||
        ams_grow(&p->confidence, &p->confidence_room, n, sizeof *p->confidence, "labels",
                 err) != AMS_OK) {
        return AMS_REFUSED_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        if (!read_label(json_array_get(value, i), &p->label[i], &p->confidence[i])) {
            return refuse_label(json_array_get(value, i), i + 1, err);
        }
    }
    r->label = p->label;
    r->confidence = p->confidence;
    r->n_labels = n;
    return AMS_ACCEPTED;
}

/* ---- messages ---- */

typedef enum field_id {
    F_OP,
    F_ITEM,
    F_MODEL,
    F_LABELS,
    F_NOW,
    F_NEXT,
    F_KEEP,
    F_CLOCK,
    F_DEADLINE,
    F_MEMORY,
    F_RULE,
    F_NEGATIVE,
    F_LATE,
    F_STOP,
    F_STOP_BELOW,
    F_PRIORITY,
    F_TIME,
    F_MEM,
    F_GOAL,
    F_COST,
    FIELDS
} request_field;
static const char *const field_names[] = {
    "op",         "item",        "model",     "labels", "now_ms",   "next", "keep",
    "clock",      "deadline_ms", "memory_mb", "rule",   "negative", "late", "stop",
    "stop_below", "priority",    "time_ms",   "mem_mb", "goal",     "cost"};

#define BIT(field) (1U << (field))
/* What an op needs, and what it may have besides. */
static const struct {
    const char *name;
    uint32_t needs, may;
} ops[] = {
    [AMS_OP_BEGIN] = {"begin", BIT(F_ITEM),
                      BIT(F_NEXT) | BIT(F_CLOCK) | BIT(F_DEADLINE) | BIT(F_MEMORY) |
                          BIT(F_RULE) | BIT(F_NEGATIVE) | BIT(F_LATE) | BIT(F_STOP) |
                          BIT(F_STOP_BELOW) | BIT(F_PRIORITY) | BIT(F_TIME) | BIT(F_MEM) |
                          BIT(F_GOAL)},
    [AMS_OP_NEXT] = {"next", BIT(F_ITEM), BIT(F_NOW) | BIT(F_GOAL)},
    [AMS_OP_FINISHED] = {"finished", BIT(F_ITEM) | BIT(F_MODEL),
                         BIT(F_LABELS) | BIT(F_NOW) | BIT(F_NEXT) | BIT(F_COST)},
    [AMS_OP_FAILED] = {"failed", BIT(F_ITEM) | BIT(F_MODEL),
                       BIT(F_NOW) | BIT(F_NEXT) | BIT(F_COST)},
    [AMS_OP_RESULT] = {"result", BIT(F_ITEM), BIT(F_KEEP)},
    [AMS_OP_STATS] = {"stats", 0, 0},
    [AMS_OP_POLICY] = {"policy", 0, 0},
};
enum { N_OPS = sizeof ops / sizeof *ops };

static ams_refusal read_limit(ams_request_parser *p, request_field field, json_t *value,
                              ams_request *r, ams_error *err)
{
    static const char *const clocks[] = {"server", "client", NULL};
    static const char *const negatives[] = {"rank", "skip", "clamp", NULL};
    static const char *const lates[] = {"never", "short", "any", NULL};
    static const char *const stops[] = {"never", "value", "sum", "end", NULL};
    static const request_amounts priorities = {NULL, true};
    static const request_amounts times = {ams_online_model_ms, true};
    static const request_amounts memories = {ams_online_model_mb, false};
    const char *name = field_names[field];
    ams_item_limits *l = &r->limits;
    int clock = 0;
    ams_refusal refusal = AMS_ACCEPTED;
    switch (field) {
    case F_CLOCK:
        refusal = read_choice(name, value, clocks, &clock, err);
        r->own_clock = clock == 1;
        return refusal;
    case F_DEADLINE:
        return read_amount(name, value, &l->deadline_ms, err);
    case F_MEMORY:
        return read_amount(name, value, &l->memory_mb, err);
    case F_GOAL:
        refusal = read_goal(p, value, &r->goal, err);
        l->goal = r->goal;
        return refusal;
    case F_RULE:
        return read_choice(name, value, ams_rule_names, &l->rule, err);
    case F_NEGATIVE:
        return read_choice(name, value, negatives, &l->negative, err);
    case F_LATE:
        return read_choice(name, value, lates, &l->late, err);
    case F_STOP:
        return read_choice(name, value, stops, &l->stop, err);
    case F_STOP_BELOW:
        return read_number(name, value, &l->stop_below, err);
    case F_PRIORITY:
        l->priority = r->priority;
        return read_models(p, name, value, &priorities, r->priority, err);
    case F_TIME:
        l->time_ms = r->time_ms;
        return read_models(p, name, value, &times, r->time_ms, err);
    default:
        l->mem_mb = r->mem_mb;
        return read_models(p, name, value, &memories, r->mem_mb, err);
    }
}

static ams_refusal read_field(ams_request_parser *p, request_field field, json_t *value,
                              ams_request *r, ams_error *err)
{
    switch (field) {
    case F_OP:
        return AMS_ACCEPTED;
    case F_ITEM:
        return read_item(value, &r->item, err);
    case F_MODEL:
        return json_is_string(value)
                   ? find_model(p, "model", json_string_value(value), &r->model, err)
                   : refuse_kind("model", "a text", value, err);
    case F_LABELS:
        return read_labels(p, value, r, err);
    case F_NOW:
        return read_number("now_ms", value, &r->now_ms, err);
    case F_NEXT:
        return read_flag("next", value, &r->next, err);
    case F_COST:
        return read_cost(p, value, &r->cost, err);
    case F_KEEP:
        return read_flag("keep", value, &r->keep, err);
    default:
        return read_limit(p, field, value, r, err);
    }
}

static ams_refusal read_op(const json_t *root, ams_request *r, ams_error *err)
{
    const json_t *value = json_object_get(root, "op");
    const char *name = json_string_value(value);
    const char *names[N_OPS];
    char found[AMS_JSON_FOUND];
    if (!json_is_object(root)) {
        ams_fail(err, AMS_BAD_DATA, "expected an object with a text \"op\", found %s",
                 ams_json_found(root, found));
        return AMS_REFUSED_MALFORMED;
    }
    if (name == NULL) {
        return refuse_value(AMS_REFUSED_MALFORMED, "op", "a text", value, err);
    }
    for (size_t i = 0; i < N_OPS; i++) {
        names[i] = ops[i].name;
        if (strcmp(name, names[i]) == 0) {
            r->op = (ams_op)i;
            return AMS_ACCEPTED;
        }
    }
    ams_fail(err, AMS_BAD_DATA,
             "field 'op': expected begin, next, finished, failed, result, policy or stats, "
             "found '%.64s'%s",
             name, ams_hint_of(name, names, N_OPS, "").text);
    return AMS_REFUSED_OP;
}

/* The names of a set of fields, with commas. */
typedef struct request_list {
    char text[256];
} request_list;

static request_list list_of(uint32_t fields)
{
    request_list list = {"op"};
    for (uint32_t i = F_OP + 1; i < FIELDS; i++) {
        size_t used = strlen(list.text);
        if ((fields & BIT(i)) != 0) {
            snprintf(list.text + used, sizeof list.text - used, ", %s", field_names[i]);
        }
    }
    return list;
}

static ams_refusal refuse_field(const ams_request *r, const char *name, bool known,
                                ams_error *err)
{
    ams_fail(err, AMS_BAD_DATA,
             "field '%.64s': op '%s' has no field of that name; expected %s%s", name,
             ops[r->op].name, list_of(ops[r->op].needs | ops[r->op].may).text,
             known ? "" : ams_hint_of(name, field_names, FIELDS, "").text);
    return AMS_REFUSED_FIELD;
}

static ams_refusal refuse_missing(const ams_request *r, uint32_t missing, ams_error *err)
{
    const char *name = field_names[__builtin_ctz(missing)];
    ams_fail(err, AMS_BAD_DATA, "field '%s': expected it in op '%s', found nothing", name,
             ops[r->op].name);
    return AMS_REFUSED_FIELD;
}

ams_refusal ams_request_parse(ams_request_parser *parser, const char *line, size_t n,
                              ams_request *request, ams_error *err)
{
    json_error_t found;
    json_decref(parser->root);
    /* 500 is as good as 500.0. */
    parser->root =
        json_loadb(line, n, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &found);
    if (parser->root == NULL) {
        ams_fail(err, AMS_BAD_DATA, "expected a JSON object in a line, found: %s (column %d)",
                 found.text, found.column);
        return AMS_REFUSED_MALFORMED;
    }
    *request = (ams_request){.now_ms = (double)NAN,
                             .cost = (double)NAN,
                             .goal = (double)NAN,
                             .limits = ams_item_limits_none()};
    ams_refusal refusal = read_op(parser->root, request, err);
    uint32_t there = 0;
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(parser->root, name, value)
    {
        uint32_t field = 0;
        if (refusal != AMS_ACCEPTED) {
            return refusal;
        }
        while (field < FIELDS && strcmp(field_names[field], name) != 0) {
            field++;
        }
        uint32_t allowed = ops[request->op].needs | ops[request->op].may | BIT(F_OP);
        if (field == FIELDS || (allowed & BIT(field)) == 0) {
            return refuse_field(request, name, field < FIELDS, err);
        }
        there |= BIT(field);
        refusal = read_field(parser, (request_field)field, value, request, err);
    }
    const uint32_t missing = refusal == AMS_ACCEPTED ? ops[request->op].needs & ~there : 0;
    return missing == 0 ? refusal : refuse_missing(request, missing, err);
}
