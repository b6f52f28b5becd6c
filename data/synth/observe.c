#include "data/synth/observe.h"

/* Further guesses that classifiers of many classes print below their best one. */
enum { GUESSES = 3 };
static const double GUESS_LEAST = 0.5; /* score below the best one's, at least */

/* One model executed on one item. */
typedef struct observe_view {
    const ams_synth_world *world;
    const ams_synth_model *model;
    const ams_synth_scene *scene;
    ams_rng *rng;
    ams_synth_row *row;
} observe_view;

static bool in_scope(const observe_view *v, uint32_t group)
{
    return v->model->scope >> group & 1;
}

static uint32_t label_of(const observe_view *v, uint32_t group, uint32_t index)
{
    return v->world->labels.id[v->world->labels.group[group].first + index];
}

static double draw_noise(const observe_view *v)
{
    return v->model->noise * v->world->params.noise *
           ams_normal_draw(&v->world->normal, v->rng);
}

/* Score of a thing of which that much is seen, before noise. */
static double score_of(const observe_view *v, double seen)
{
    return v->model->skill + v->model->near * (seen - 0.5);
}

/* A group of the model's task and scope; each of its labels as likely as any other. */
static uint32_t draw_group(const observe_view *v)
{
    const ams_synth_labels *labels = &v->world->labels;
    uint32_t total = 0;
    for (uint32_t g = 0; g < labels->n_groups; g++) {
        total += in_scope(v, g) ? labels->group[g].count : 0;
    }
    uint32_t at = ams_synth_below(v->rng, total);
    uint32_t g = 0;
    while (!in_scope(v, g) || at >= labels->group[g].count) {
        at -= in_scope(v, g) ? labels->group[g].count : 0;
        g++;
    }
    return g;
}

/* Names what it sees, or something else of the group, and a few guesses with lower scores. */
static void classify(const observe_view *v, ams_synth_what what, double score)
{
    uint32_t count = v->world->labels.group[what.group].count;
    bool right = ams_synth_coin(v->rng, v->model->hit);
    uint32_t named = right ? what.index : ams_synth_pick(v->rng, count);
    score += draw_noise(v);
    ams_synth_add_score(v->row, label_of(v, what.group, named), score);
    double guess = score < 0 ? score : 0; /* at most one class of a picture passes 0.5 */
    for (int i = 0; i < GUESSES && count > GUESSES; i++) {
        guess -= GUESS_LEAST + ams_rng_unit(v->rng);
        ams_synth_add_score(v->row, label_of(v, what.group, ams_synth_pick(v->rng, count)),
                            guess);
    }
}

/* Each point of the groups that the viewpoint shows; points of the second half of
 * the group are those of the side that a turned head hides. */
static void see_points(const observe_view *v, uint32_t group, double score, double hidden_half)
{
    uint32_t count = v->world->labels.group[group].count;
    for (uint32_t k = 0; k < count; k++) {
        double point = score + draw_noise(v);
        ams_synth_add_score(v->row, label_of(v, group, k),
                            k >= count / 2 ? point - hidden_half : point);
    }
}

static void see_objects(const observe_view *v)
{
    for (uint32_t i = 0; i < v->scene->n_objects; i++) {
        const ams_synth_thing *thing = &v->scene->object[i];
        if (in_scope(v, thing->what.group) && ams_synth_coin(v->rng, v->model->hit)) {
            ams_synth_add_score(v->row, label_of(v, thing->what.group, thing->what.index),
                                score_of(v, thing->seen) + draw_noise(v));
        }
    }
}

static void see_places(const observe_view *v)
{
    for (uint32_t i = 0; i < v->scene->n_places; i++) {
        if (in_scope(v, v->scene->place[i].group)) {
            classify(v, v->scene->place[i], v->model->skill + v->world->params.clarity);
        }
    }
}

static void see_face(const observe_view *v, const ams_synth_person *person)
{
    if (person->facing && ams_synth_coin(v->rng, v->model->hit)) {
        uint32_t group = v->world->labels.first_group[AMS_SYNTH_FACE];
        ams_synth_add_score(v->row, label_of(v, group, 0),
                            score_of(v, person->seen) + draw_noise(v));
    }
}

static void see_landmarks(const observe_view *v, const ams_synth_person *person)
{
    if (person->facing && ams_synth_coin(v->rng, v->model->hit)) {
        uint32_t group = v->world->labels.first_group[AMS_SYNTH_LANDMARKS];
        double side = person->turn > 0.5 ? 4 * (person->turn - 0.5) : 0;
        see_points(v, group, score_of(v, person->seen), side);
    }
}

static void see_pose(const observe_view *v, const ams_synth_person *person)
{
    const ams_synth_labels *labels = &v->world->labels;
    uint32_t first = labels->first_group[AMS_SYNTH_POSE];
    if (!ams_synth_coin(v->rng, v->model->hit)) {
        return;
    }
    for (uint32_t g = first; g < labels->first_group[AMS_SYNTH_POSE + 1]; g++) {
        if (g == first || person->body) { /* the first group is the upper half of the body */
            see_points(v, g, score_of(v, person->seen), 0);
        }
    }
}

static void see_hands(const observe_view *v, const ams_synth_person *person)
{
    const ams_synth_labels *labels = &v->world->labels;
    if (!person->hands || !ams_synth_coin(v->rng, v->model->hit)) {
        return;
    }
    for (uint32_t g = labels->first_group[AMS_SYNTH_HANDS];
         g < labels->first_group[AMS_SYNTH_HANDS + 1]; g++) {
        double noise = draw_noise(v); /* a whole hand is found or not */
        see_points(v, g, score_of(v, person->seen) + noise, 0);
    }
}

static void see_person(const observe_view *v, const ams_synth_person *person)
{
    switch (v->model->task) {
    case AMS_SYNTH_FACE:
        see_face(v, person);
        break;
    case AMS_SYNTH_LANDMARKS:
        see_landmarks(v, person);
        break;
    case AMS_SYNTH_POSE:
        see_pose(v, person);
        break;
    case AMS_SYNTH_HANDS:
        see_hands(v, person);
        break;
    case AMS_SYNTH_EMOTION:
    case AMS_SYNTH_GENDER: {
        bool emotion = v->model->task == AMS_SYNTH_EMOTION;
        if (person->facing) {
            classify(v, emotion ? person->emotion : person->gender, score_of(v, person->seen));
        }
        break;
    }
    case AMS_SYNTH_ACTION:
        if (person->acting && in_scope(v, person->action.group)) {
            classify(v, person->action, score_of(v, person->seen));
        }
        break;
    default:
        break;
    }
}

/* Something that is not there: one label, or half the points of a face, body or hand. */
static void invent(const observe_view *v)
{
    uint32_t group = draw_group(v);
    double score = 1.5 * ams_rng_unit(v->rng);
    ams_synth_task task = v->model->task;
    if (task == AMS_SYNTH_LANDMARKS || task == AMS_SYNTH_POSE || task == AMS_SYNTH_HANDS) {
        see_points(v, group, score - 0.75, 0);
    } else {
        uint32_t count = v->world->labels.group[group].count;
        ams_synth_add_score(v->row, label_of(v, group, ams_synth_below(v->rng, count)), score);
    }
}

void ams_synth_observe(const ams_synth_world *world, const ams_synth_model *model,
                       const ams_synth_scene *scene, ams_rng *rng, ams_synth_row *row)
{
    observe_view v = {world, model, scene, rng, row};
    row->count = 0;
    if (model->task == AMS_SYNTH_OBJECT) {
        see_objects(&v);
    } else if (model->task == AMS_SYNTH_PLACE) {
        see_places(&v);
    } else if (model->task == AMS_SYNTH_BREED) {
        if (scene->has_dog) {
            classify(&v, scene->dog.what, score_of(&v, scene->dog.seen));
        }
    } else {
        bool points = model->task == AMS_SYNTH_LANDMARKS || model->task == AMS_SYNTH_POSE ||
                      model->task == AMS_SYNTH_HANDS;
        for (uint32_t i = 0; i < scene->n_people; i++) {
            if (!points || i == scene->main_person) { /* points are those of one person */
                see_person(&v, &scene->person[i]);
            }
        }
    }
    if (ams_synth_coin(rng, model->invent * world->params.confusion)) {
        invent(&v);
    }
}
