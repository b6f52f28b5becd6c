/* The story as a generator: files, scene, models. */
#include "base/memory.h"
#include "data/synth/kind.h"
#include "data/synth/observe.h"
#include "data/synth/params.h"

#include <stdlib.h>
#include <string.h>

typedef struct story_state {
    ams_synth_world world;
    ams_synth_models models;
} story_state;

#define KEY(field, low, high)                                                                  \
    {                                                                                          \
#field, offsetof(ams_synth_story_params, field), low, high                             \
    }
static const ams_synth_key keys[] = {
    KEY(target_all_ms, 0, 1e9),
    KEY(target_random_ms, 0, 1e9),
    KEY(target_valuable_ms, 0, 1e9),
    KEY(urban, 0, 1),
    KEY(nature, 0, 1),
    KEY(clarity, -10, 10),
    KEY(second_place, 0, 1),
    KEY(objects, 0, AMS_SYNTH_TRIALS),
    KEY(with_people, 0, 1),
    KEY(object_size, 0, 1),
    KEY(people, 0, 1),
    KEY(crowd, 0, 1),
    KEY(person_size, 0, 1),
    KEY(facing, 0, 1),
    KEY(hands, 0, 1),
    KEY(body, 0, 1),
    KEY(acting, 0, 1),
    KEY(dogs, 0, 1),
    KEY(dog_size, 0, 1),
    KEY(hidden, 0, 0.5),
    KEY(noise, 0, 100),
    KEY(confusion, 0, 100),
    KEY(time_noise, 0, 0.2),
};

static void story_close(void *state)
{
    story_state *s = state;
    if (s != NULL) {
        ams_synth_labels_fini(&s->world.labels);
        ams_synth_models_fini(&s->models);
        free(s);
    }
}

static ams_status read_files(story_state *s, const ams_synth_options *options, ams_error *err)
{
    ams_tsv tsv = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_synth_open(&tsv, AMS_SYNTH_STORY, options->folder, err));
    AMS_TRY(ams_synth_params(&s->world.params, keys, sizeof keys / sizeof *keys, &tsv,
                             options->preset, err));
    ams_tsv_fini(&tsv);
    AMS_TRY(ams_synth_open(&tsv, AMS_SYNTH_LABELS, options->folder, err));
    AMS_TRY(ams_synth_labels_read(&s->world.labels, &tsv, err));
    ams_tsv_fini(&tsv);
    AMS_TRY(ams_synth_open(&tsv, AMS_SYNTH_MODELS, options->folder, err));
    AMS_TRY(ams_synth_models_read(&s->models, &s->world.labels, &tsv, err));
    AMS_TRY(ams_synth_world_prepare(&s->world, err));
out:
    ams_tsv_fini(&tsv);
    return status;
}

static ams_status story_open(void **state, ams_table *head, const ams_synth_options *options,
                             ams_synth_targets *targets, ams_error *err)
{
    story_state *s = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s, 1, sizeof *s, "a story", err));
    AMS_TRY(read_files(s, options, err));
    for (uint32_t m = 0; m < s->models.count; m++) {
        const ams_synth_model *model = &s->models.model[m];
        AMS_TRY(ams_synth_head_model(head, ams_names_get(&s->models.name, m),
                                     ams_synth_task_names[model->task], model->time_ms,
                                     model->mem_mb, err));
    }
    for (uint32_t l = 0; l < s->world.labels.count; l++) {
        const char *name = ams_names_get(&s->world.labels.name, l);
        uint32_t index = 0;
        AMS_TRY(ams_names_add(&head->label_name, name, strlen(name), &index, err));
    }
    *targets =
        (ams_synth_targets){s->world.params.target_all_ms, s->world.params.target_random_ms,
                            s->world.params.target_valuable_ms};
    *state = s;
    s = NULL;
out:
    story_close(s);
    return status;
}

static void story_item(const void *state, uint64_t seed, uint64_t index, ams_synth_row *rows,
                       float *time_ms)
{
    const story_state *s = state;
    ams_synth_scene scene;
    ams_rng rng = ams_synth_rng(seed, index, 0);
    ams_synth_draw_scene(&s->world, &rng, &scene);
    for (uint32_t m = 0; m < s->models.count; m++) {
        const ams_synth_model *model = &s->models.model[m];
        rng = ams_synth_rng(seed, index, m + 1);
        /* First, so that an execution's time does not depend on what the model sees. */
        double off = s->world.params.time_noise * ams_normal_draw(&s->world.normal, &rng);
        if (time_ms != NULL) {
            time_ms[m] = (float)(model->time_ms * (off < -0.9 ? 0.1 : 1 + off));
        }
        ams_synth_observe(&s->world, model, &scene, &rng, &rows[m]);
        ams_synth_close(&rows[m]);
    }
}

const ams_synth_kind ams_synth_kind_story = {
    .open = story_open, .close = story_close, .item = story_item};
