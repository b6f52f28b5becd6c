/* What is on an item: the first half of the story. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_SCENE_H
#define AMS_DATA_SYNTH_SCENE_H

#include "data/synth/draw.h"
#include "data/synth/labels.h"

/* A column of story.tsv, whose last column says what each means. */
typedef struct synth_story_params {
    double target_all_ms, target_random_ms, target_valuable_ms;
    double urban, nature, clarity, second_place;
    double objects, with_people, object_size;
    double people, crowd, person_size, facing, hands, body, acting;
    double dogs, dog_size;
    double hidden, noise, confusion, time_noise;
} synth_story_params;

enum {
    SYNTH_TRIALS = 16, /* objects: each is there with the same probability */
    SYNTH_MAX_THINGS = SYNTH_TRIALS + 2,
    SYNTH_MAX_PEOPLE = 3,
    SYNTH_MAX_PLACES = 2,
    SYNTH_MOST_EMOTIONS = 2
};

/* One label of labels.tsv. */
typedef struct synth_what {
    uint32_t group, index; /* in the group */
} synth_what;

typedef struct synth_thing {
    synth_what what;
    double seen; /* share of the picture's size, less what hides it: 0 to 1 */
} synth_thing;

typedef struct synth_person {
    double seen;
    bool facing, hands, body, acting;
    double turn; /* of the head, 0 to 1: past a half it hides the points of one side */
    synth_what action, emotion, gender;
} synth_person;

typedef struct synth_scene {
    uint32_t kind; /* 0 indoor, 1 urban, 2 nature */
    synth_what place[SYNTH_MAX_PLACES];
    uint32_t n_places;
    synth_thing object[SYNTH_MAX_THINGS]; /* people and dogs among them */
    uint32_t n_objects;
    synth_person person[SYNTH_MAX_PEOPLE];
    uint32_t n_people, main_person; /* the one seen best */
    synth_thing dog;                /* its breed */
    bool has_dog;
} synth_scene;

/* The chances of each group of a task in each kind of scene, summed up. */
typedef struct synth_chances {
    double until[SYNTH_SCENES][SYNTH_MAX_GROUPS]; /* of groups first_group[task] + k */
} synth_chances;

typedef struct synth_world {
    synth_story_params params;
    synth_labels labels;
    synth_normal normal;
    synth_chances objects, places, actions;
    uint32_t person_group, dog_group; /* of objects; n_groups if the file has none */
} synth_world;

/* After params and labels are there. AMS_BAD_DATA if a kind of scene has no place. */
ams_status synth_world_prepare(synth_world *world, ams_error *err);
void synth_draw_scene(const synth_world *world, ams_rng *rng, synth_scene *scene);
/* A label of the group; the first ones of long groups are more common. */
uint32_t synth_pick(ams_rng *rng, uint32_t count);

#endif
