/* What is on an item: the first half of the story. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_SCENE_H
#define AMS_DATA_SYNTH_SCENE_H

#include "data/synth/draw.h"
#include "data/synth/labels.h"

/* A column of story.tsv, whose last column says what each means. */
typedef struct ams_synth_story_params {
    double target_all_ms, target_random_ms, target_valuable_ms;
    double urban, nature, clarity, second_place;
    double objects, with_people, object_size;
    double people, crowd, person_size, facing, hands, body, acting;
    double dogs, dog_size;
    double hidden, noise, confusion, time_noise;
} ams_synth_story_params;

enum {
    AMS_SYNTH_TRIALS = 16, /* objects: each is there with the same probability */
    AMS_SYNTH_MAX_THINGS = AMS_SYNTH_TRIALS + 2,
    AMS_SYNTH_MAX_PEOPLE = 3,
    AMS_SYNTH_MAX_PLACES = 2
};

/* One label of labels.tsv. */
typedef struct ams_synth_what {
    uint32_t group, index; /* in the group */
} ams_synth_what;

typedef struct ams_synth_thing {
    ams_synth_what what;
    double seen; /* share of the picture's size, less what hides it: 0 to 1 */
} ams_synth_thing;

typedef struct ams_synth_person {
    double seen;
    bool facing, hands, body, acting;
    double turn; /* of the head, 0 to 1: past a half it hides the points of one side */
    ams_synth_what action, emotion, gender;
} ams_synth_person;

typedef struct ams_synth_scene {
    uint32_t kind; /* 0 indoor, 1 urban, 2 nature */
    ams_synth_what place[AMS_SYNTH_MAX_PLACES];
    uint32_t n_places;
    ams_synth_thing object[AMS_SYNTH_MAX_THINGS]; /* people and dogs among them */
    uint32_t n_objects;
    ams_synth_person person[AMS_SYNTH_MAX_PEOPLE];
    uint32_t n_people, main_person; /* the one seen best */
    ams_synth_thing dog;            /* its breed */
    bool has_dog;
} ams_synth_scene;

/* The chances of each group of a task in each kind of scene, summed up. */
typedef struct ams_synth_chances {
    double until[AMS_SYNTH_SCENES][AMS_SYNTH_MAX_GROUPS]; /* of groups first_group[task] + k */
} ams_synth_chances;

typedef struct ams_synth_world {
    ams_synth_story_params params;
    ams_synth_labels labels;
    ams_normal normal;
    ams_synth_chances objects, places, actions;
    uint32_t person_group, dog_group; /* of objects; n_groups if the file has none */
} ams_synth_world;

/* After params and labels are there. AMS_BAD_DATA if a kind of scene has no place. */
ams_status ams_synth_world_prepare(ams_synth_world *world, ams_error *err);
void ams_synth_draw_scene(const ams_synth_world *world, ams_rng *rng, ams_synth_scene *scene);
/* A label of the group; the first ones of long groups are more common. */
uint32_t ams_synth_pick(ams_rng *rng, uint32_t count);

#endif
