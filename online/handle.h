/* What an opened policy and an item are made of. Private to online/. */
#ifndef AMS_ONLINE_HANDLE_H
#define AMS_ONLINE_HANDLE_H

#include "ams/online.h"
#include "online/answers.h"
#include "online/goals.h"
#include "online/limits.h"

enum { AMS_ONLINE_LAYERS = 4, AMS_ONLINE_LINE = 64, AMS_ONLINE_GOALS = 8 };

/* Numbers as policy.ams has them (docs/format.md): enums of the framework, which this folder
 * does not include. tests/online holds them against it. */
enum { AMS_ONLINE_DECIDE_Q, AMS_ONLINE_DECIDE_COST_Q, AMS_ONLINE_DECIDE_ODDS };
enum { AMS_ONLINE_REWARD_GAIN_RATE = 2, AMS_ONLINE_REWARD_LAST = 4, AMS_ONLINE_VALUE_LAST = 2 };
enum { AMS_ONLINE_LABELS, AMS_ONLINE_LABELS_MASK, AMS_ONLINE_CONF, AMS_ONLINE_CONF_MASK };

typedef struct ams_online_budget ams_online_budget; /* online/budget.h */

/* M models, L labels; F inputs, A = M + 1 actions; layer k has width[k+1] units. */
struct ams_online {
    uint32_t n_models, n_labels, n_layers;
    uint32_t width[AMS_ONLINE_LAYERS + 1];
    uint32_t decide, reward;
    bool conf;           /* features are confidences, else bits */
    bool mask;           /* and the executed models */
    bool end;            /* there is an action END */
    bool dueling;        /* one output more: the state's value */
    float one_threshold; /* of versions 1 and 2 */
    uint32_t n_goals;    /* that can be asked for; 0: none */
    bool goal_heads;     /* each has outputs of its own; else the last inputs are theirs */
    double goal[AMS_ONLINE_GOALS], serves_ms[AMS_ONLINE_GOALS];
    uint64_t all_models;
    float *weight[AMS_ONLINE_LAYERS]; /* [0] (F, H1); after it (heads, width[k], stride) */
    float *bias[AMS_ONLINE_LAYERS];   /* (width[k+1]) */
    float *time_ms, *mem_mb;          /* (M) */
    float *threshold;                 /* (M) a label is found above it */
    char *model_text, *label_text;    /* names, one after the other with their zeros */
    uint32_t *model_at, *label_at;    /* (M), (L) where a name begins */
    uint32_t *label_order;            /* (L) by name */
    size_t model_bytes, label_bytes;  /* of the texts */
    const ams_online_budget *budget;  /* answers for money, without a network; NULL: does not */
};

/* Of an item that is answered for money. */
typedef struct ams_item_answers {
    float *heard;   /* (L) of the output that comes in; -1: not said */
    ams_said *said; /* (M, L) */
    uint32_t n_said[AMS_ANSWERS_MODELS];
    uint32_t last; /* model that ended last */
    uint32_t price;
    double expected;
    float *p;    /* (K) */
    float *room; /* of an agent's networks */
    ams_row row;
    ams_belief belief;
} ams_item_answers;

struct ams_item {
    const ams_online *policy;
    ams_limit_options options;
    double deadline_ms, memory_mb;
    int rule; /* never AMS_ITEM_AUTO or AMS_ITEM_TRAINED */
    bool has_priority;
    bool stale;        /* q and value are of an earlier state */
    bool decided;      /* nothing ended since the last decision, */
    uint64_t named;    /* which was for these models */
    double decided_ms; /* at this time */
    double now_ms;
    uint64_t started, running, finished, failed, cut;
    double start_ms[AMS_ONLINE_MODELS];
    double expected_end[AMS_ONLINE_MODELS];
    float time_ms[AMS_ONLINE_MODELS], log_time[AMS_ONLINE_MODELS];
    float mem_mb[AMS_ONLINE_MODELS], priority[AMS_ONLINE_MODELS];
    float score[AMS_ONLINE_MODELS + 1]; /* Q with priorities */
    float value[AMS_ONLINE_MODELS + 1];
    double goal;                   /* decided for; 0: the policy has no goals */
    ams_goal_inputs goals;         /* that goal as inputs, or heads */
    float *sum;                    /* (H1) first layer before its ReLU, without goals */
    float *aimed;                  /* (H1) with them; without goal inputs of size 0 */
    float *out[AMS_ONLINE_LAYERS]; /* (stride) */
    float *q;                      /* (A) of dueling heads, or of those of two goals */
    uint64_t *found, *fresh;       /* (words) bits of labels: found; new in this call */
    float *best, *better;          /* (L) of conf: seen so far; with this call */
    ams_item_answers answers;      /* of a policy that answers for money */
    double busy_ms, peak_mb;
    uint64_t unknown;
    uint32_t decisions;
};

static inline uint32_t ams_online_goal_inputs(const ams_online *p)
{
    return p->goal_heads ? 0 : p->n_goals;
}
/* Of layer k: the last one may have a head per goal, */
static inline uint32_t ams_online_heads(const ams_online *p, uint32_t k)
{
    return p->goal_heads && k + 1 == p->n_layers ? p->n_goals : 1;
}
/* each with as many outputs. */
static inline uint32_t ams_online_outputs(const ams_online *p, uint32_t k)
{
    return p->width[k + 1] / ams_online_heads(p, k);
}

/* Memory given out in order, each part on a cache line. base NULL: only counts. */
typedef struct ams_online_room {
    unsigned char *base;
    uint64_t used;
} ams_online_room;

static inline void *ams_online_take(ams_online_room *room, uint64_t bytes)
{
    void *part = room->base == NULL ? NULL : room->base + room->used;
    room->used += (bytes + AMS_ONLINE_LINE - 1) / AMS_ONLINE_LINE * AMS_ONLINE_LINE;
    return part;
}

/* The first cache line at or after `memory`; every size includes one spare line for it. */
static inline unsigned char *ams_online_align(void *memory)
{
    uintptr_t off = (uintptr_t)memory % AMS_ONLINE_LINE;
    return (unsigned char *)memory + (off == 0 ? 0 : AMS_ONLINE_LINE - off);
}

static inline uint32_t ams_online_words(uint32_t n_labels)
{
    return (n_labels + 63) / 64;
}

/* q and value of the state as it is now. */
void ams_item_predict(ams_item *item);
/* Models to start now. */
uint64_t ams_item_decide(const ams_item *item);

/* Memory of the running models (MB), summed anew each time so that no rounding accumulates. */
static inline double ams_item_used_mb(const ams_item *item)
{
    double sum = 0;
    for (uint64_t bits = item->running; bits != 0; bits &= bits - 1) {
        sum += (double)item->mem_mb[__builtin_ctzll(bits)];
    }
    return sum;
}

#endif
