#include "serve/sessions.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

ams_status ams_sessions_init(ams_sessions *sessions, uint32_t most, ams_error *err)
{
    uint32_t buckets = 64;
    while (buckets < most && buckets < 1U << 24) {
        buckets *= 2;
    }
    *sessions = (ams_sessions){.buckets = buckets};
    if (getrandom(&sessions->seed, sizeof sessions->seed, 0) != sizeof sessions->seed) {
        return ams_fail(err, AMS_IO, "the system gave no random number");
    }
    return ams_alloc(&sessions->bucket, buckets, sizeof(ams_session *), "items in flight", err);
}

void ams_sessions_fini(ams_sessions *sessions)
{
    for (ams_session *s = sessions->oldest, *next = NULL; s != NULL; s = next) {
        next = s->newer;
        ams_sessions_remove(sessions, s);
    }
    free(sessions->bucket);
    *sessions = (ams_sessions){.bucket = NULL};
}

static uint64_t hash_of(const ams_sessions *sessions, const ams_client *client,
                        const char *name)
{
    return XXH3_64bits_withSeed(name, strlen(name), sessions->seed ^ (uintptr_t)client);
}

ams_session *ams_sessions_find(const ams_sessions *sessions, const ams_client *client,
                               const char *name)
{
    const uint64_t hash = hash_of(sessions, client, name);
    ams_session *s = sessions->bucket[hash & (sessions->buckets - 1)];
    while (s != NULL &&
           (s->hash != hash || s->client != client || strcmp(s->name, name) != 0)) {
        s = s->in_bucket;
    }
    return s;
}

static void link_newest(ams_sessions *sessions, ams_session *s)
{
    s->older = sessions->newest;
    s->newer = NULL;
    if (sessions->newest != NULL) {
        sessions->newest->newer = s;
    } else {
        sessions->oldest = s;
    }
    sessions->newest = s;
}

static void unlink_age(ams_sessions *sessions, ams_session *s)
{
    *(s->older != NULL ? &s->older->newer : &sessions->oldest) = s->newer;
    *(s->newer != NULL ? &s->newer->older : &sessions->newest) = s->older;
}

ams_session *ams_sessions_add(ams_sessions *sessions, ams_client *client, const char *name,
                              size_t item_size, uint64_t now_ns)
{
    const size_t length = strlen(name) + 1;
    ams_session *s = malloc(sizeof *s + item_size + length);
    if (s == NULL) {
        return NULL;
    }
    *s = (ams_session){.client = client,
                       .hash = hash_of(sessions, client, name),
                       .began_ns = now_ns,
                       .used_ns = now_ns,
                       .room = s + 1,
                       .name = (char *)(s + 1) + item_size};
    memcpy(s->name, name, length);
    ams_session **bucket = &sessions->bucket[s->hash & (sessions->buckets - 1)];
    s->in_bucket = *bucket;
    *bucket = s;
    s->of_client = client->first;
    if (client->first != NULL) {
        client->first->of_client_up = s;
    }
    client->first = s;
    client->n_items++;
    link_newest(sessions, s);
    sessions->count++;
    return s;
}

void ams_sessions_remove(ams_sessions *sessions, ams_session *s)
{
    ams_session **at = &sessions->bucket[s->hash & (sessions->buckets - 1)];
    while (*at != s) {
        at = &(*at)->in_bucket;
    }
    *at = s->in_bucket;
    *(s->of_client_up != NULL ? &s->of_client_up->of_client : &s->client->first) = s->of_client;
    if (s->of_client != NULL) {
        s->of_client->of_client_up = s->of_client_up;
    }
    s->client->n_items--;
    unlink_age(sessions, s);
    sessions->count--;
    free(s);
}

void ams_sessions_touch(ams_sessions *sessions, ams_session *s, uint64_t now_ns)
{
    s->used_ns = now_ns;
    if (sessions->newest != s) {
        unlink_age(sessions, s);
        link_newest(sessions, s);
    }
}
