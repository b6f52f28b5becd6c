#include "data/synth/scene.h"

#include <string.h>

/* Groups longer than this have common and rare labels. */
enum { LONG_GROUP = 20 };

static void sum_chances(ams_synth_chances *chances, const ams_synth_world *world,
                        ams_synth_task task)
{
    const ams_synth_labels *labels = &world->labels;
    for (int s = 0; s < AMS_SYNTH_SCENES; s++) {
        double sum = 0;
        for (uint32_t g = labels->first_group[task]; g < labels->first_group[task + 1]; g++) {
            bool apart =
                task == AMS_SYNTH_OBJECT && (g == world->person_group || g == world->dog_group);
            sum += apart ? 0 : labels->group[g].weight[s] * labels->group[g].count;
            chances->until[s][g - labels->first_group[task]] = sum;
        }
    }
}

static ams_status check_chances(const ams_synth_chances *chances, const ams_synth_world *world,
                                ams_synth_task task, ams_error *err)
{
    const ams_synth_labels *labels = &world->labels;
    uint32_t n = labels->first_group[task + 1] - labels->first_group[task];
    for (int s = 0; s < AMS_SYNTH_SCENES; s++) {
        if (!(chances->until[s][n - 1] > 0)) {
            return ams_fail(
                err, AMS_BAD_DATA,
                "labels.tsv: expected a label of '%s' in every kind of scene, found "
                "all weights 0 in column '%s'",
                ams_synth_task_names[task],
                (const char *const[]){"indoor", "urban", "nature"}[s]);
        }
    }
    return AMS_OK;
}

ams_status ams_synth_world_prepare(ams_synth_world *world, ams_error *err)
{
    ams_status status = AMS_OK;
    ams_normal_init(&world->normal);
    world->person_group = ams_synth_find_group(&world->labels, AMS_SYNTH_OBJECT, "person", 6);
    world->dog_group = ams_synth_find_group(&world->labels, AMS_SYNTH_OBJECT, "dog", 3);
    sum_chances(&world->objects, world, AMS_SYNTH_OBJECT);
    sum_chances(&world->places, world, AMS_SYNTH_PLACE);
    sum_chances(&world->actions, world, AMS_SYNTH_ACTION);
    AMS_TRY(check_chances(&world->objects, world, AMS_SYNTH_OBJECT, err));
    AMS_TRY(check_chances(&world->places, world, AMS_SYNTH_PLACE, err));
    AMS_TRY(check_chances(&world->actions, world, AMS_SYNTH_ACTION, err));
    if (world->params.urban + world->params.nature > 1) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "story.tsv: urban and nature: expected shares of "
                          "at most 1 together, found %g and %g",
                          world->params.urban, world->params.nature);
    }
out:
    return status;
}

uint32_t ams_synth_pick(ams_rng *rng, uint32_t count)
{
    double u = ams_rng_unit(rng);
    return (uint32_t)((count > LONG_GROUP ? u * u : u) * count);
}

static ams_synth_what draw_what(const ams_synth_world *world, const ams_synth_chances *chances,
                                ams_synth_task task, uint32_t kind, ams_rng *rng)
{
    const ams_synth_labels *labels = &world->labels;
    uint32_t first = labels->first_group[task];
    uint32_t n = labels->first_group[task + 1] - first;
    double at = ams_rng_unit(rng) * chances->until[kind][n - 1];
    uint32_t g = 0;
    while (g + 1 < n && chances->until[kind][g] <= at) {
        g++;
    }
    return (ams_synth_what){first + g, ams_synth_pick(rng, labels->group[first + g].count)};
}

/* One of all labels of a task that has no favourites. */
static ams_synth_what draw_any(const ams_synth_world *world, ams_synth_task task, ams_rng *rng)
{
    uint32_t g = world->labels.first_group[task];
    return (ams_synth_what){g, ams_synth_pick(rng, world->labels.group[g].count)};
}

/* Size less what something else hides: 0.02 to 1. */
static double draw_seen(const ams_synth_world *world, double mean_size, ams_rng *rng)
{
    double size = mean_size + 0.2 * ams_normal_draw(&world->normal, rng);
    size = size < 0.05 ? 0.05 : size > 1 ? 1 : size;
    double hidden = 2 * world->params.hidden * ams_rng_unit(rng);
    double seen = size * (1 - hidden);
    return seen < 0.02 ? 0.02 : seen;
}

static void add_object(ams_synth_scene *scene, ams_synth_what what, double seen)
{
    for (uint32_t i = 0; i < scene->n_objects; i++) {
        ams_synth_thing *old = &scene->object[i];
        if (old->what.group == what.group && old->what.index == what.index) {
            old->seen = seen > old->seen ? seen : old->seen;
            return;
        }
    }
    scene->object[scene->n_objects++] = (ams_synth_thing){what, seen};
}

static void draw_places(const ams_synth_world *world, ams_rng *rng, ams_synth_scene *scene)
{
    double u = ams_rng_unit(rng);
    const ams_synth_story_params *p = &world->params;
    scene->kind = u < p->urban ? 1 : u < p->urban + p->nature ? 2 : 0;
    scene->n_places = ams_synth_coin(rng, p->second_place) ? 2 : 1;
    for (uint32_t i = 0; i < scene->n_places; i++) {
        scene->place[i] = draw_what(world, &world->places, AMS_SYNTH_PLACE, scene->kind, rng);
    }
}

static void draw_person(const ams_synth_world *world, ams_rng *rng, ams_synth_scene *scene)
{
    const ams_synth_story_params *p = &world->params;
    uint32_t i = scene->n_people++;
    ams_synth_person *person = &scene->person[i];
    person->seen = draw_seen(world, p->person_size, rng);
    if (person->seen > scene->person[scene->main_person].seen) {
        scene->main_person = i;
    }
    person->facing = ams_synth_coin(rng, p->facing);
    person->turn = ams_rng_unit(rng);
    person->hands = ams_synth_coin(rng, p->hands);
    person->body = ams_synth_coin(rng, p->body);
    person->acting = ams_synth_coin(rng, p->acting);
    person->action = draw_what(world, &world->actions, AMS_SYNTH_ACTION, scene->kind, rng);
    person->emotion = draw_any(world, AMS_SYNTH_EMOTION, rng);
    person->gender = draw_any(world, AMS_SYNTH_GENDER, rng);
    if (world->person_group < world->labels.n_groups) {
        add_object(scene, (ams_synth_what){world->person_group, 0}, person->seen);
    }
}

void ams_synth_draw_scene(const ams_synth_world *world, ams_rng *rng, ams_synth_scene *scene)
{
    const ams_synth_story_params *p = &world->params;
    memset(scene, 0, sizeof *scene);
    draw_places(world, rng, scene);
    if (ams_synth_coin(rng, p->people)) {
        do {
            draw_person(world, rng, scene);
        } while (scene->n_people < AMS_SYNTH_MAX_PEOPLE && ams_synth_coin(rng, p->crowd));
    }
    scene->has_dog = ams_synth_coin(rng, p->dogs);
    if (scene->has_dog) {
        scene->dog = (ams_synth_thing){draw_any(world, AMS_SYNTH_BREED, rng),
                                       draw_seen(world, p->dog_size, rng)};
        if (world->dog_group < world->labels.n_groups) {
            add_object(scene, (ams_synth_what){world->dog_group, 0}, scene->dog.seen);
        }
    }
    double chance = p->objects * (scene->n_people > 0 ? p->with_people : 1) / AMS_SYNTH_TRIALS;
    for (int i = 0; i < AMS_SYNTH_TRIALS; i++) {
        if (ams_synth_coin(rng, chance)) {
            ams_synth_what what =
                draw_what(world, &world->objects, AMS_SYNTH_OBJECT, scene->kind, rng);
            add_object(scene, what, draw_seen(world, p->object_size, rng));
        }
    }
}
