#include "base/team.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* What a message is; each begins with a head. */
typedef enum team_type {
    TEAM_ERRAND, /* leader to member */
    TEAM_RESULT, /* member to leader, with the errand's id */
    TEAM_STOP,   /* leader to member: no more errands */
    TEAM_DONE,   /* member to leader: its last word, with its status and message */
    TEAM_VERDICT /* leader to member: the status of all */
} team_type;

typedef struct team_head {
    uint64_t type, kind, id, a, b, c;
} team_head;

/* The leader's own errands that wait, and results that came before they were asked for. */
typedef struct team_kept {
    uint64_t id;
    team_head head;
    ams_bytes bytes;
} team_kept;

/* What the leader knows of a member's end. */
typedef struct team_end {
    bool done;
    ams_status status;
    ams_error message;
} team_end;

struct ams_team {
    ams_team_line line;
    uint64_t next; /* id */
    team_kept *kept;
    size_t n_kept, kept_room;
    team_end *end;    /* (size) */
    ams_bytes packet; /* scratch of what is sent */
};

/* -- bytes -- */

ams_status ams_bytes_put(ams_bytes *bytes, const void *from, size_t n, ams_error *err)
{
    ams_status status =
        ams_grow(&bytes->data, &bytes->room, bytes->n + n + 1, 1, "a message", err);
    if (status == AMS_OK && n > 0) {
        memcpy(bytes->data + bytes->n, from, n);
        bytes->n += n;
    }
    return status;
}

ams_status ams_bytes_get(ams_bytes *bytes, void *to, size_t n, ams_error *err)
{
    if (n > bytes->n - bytes->at) {
        return ams_fail(err, AMS_BACKEND,
                        "a message of another process: %zu more bytes expected, %zu found; are "
                        "all processes the same program?",
                        n, bytes->n - bytes->at);
    }
    if (n > 0) {
        memcpy(to, bytes->data + bytes->at, n);
        bytes->at += n;
    }
    return AMS_OK;
}

void ams_bytes_fini(ams_bytes *bytes)
{
    free(bytes->data);
    *bytes = (ams_bytes){.n = 0};
}

static void empty(ams_bytes *bytes)
{
    bytes->n = bytes->at = 0;
}

/* -- members -- */

ams_status ams_team_create(ams_team **team, const ams_team_line *line, ams_error *err)
{
    ams_team *t = NULL;
    ams_status status = ams_alloc(&t, 1, sizeof *t, "a team", err);
    *team = t;
    if (status != AMS_OK) {
        return status;
    }
    t->line = *line;
    status = ams_alloc(&t->end, line->size, sizeof *t->end, "a team", err);
    if (status != AMS_OK) {
        ams_team_destroy(t);
        *team = NULL;
    }
    return status;
}

static void forget(ams_team *t)
{
    for (size_t k = 0; k < t->n_kept; k++) {
        ams_bytes_fini(&t->kept[k].bytes);
    }
    t->n_kept = 0;
}

void ams_team_destroy(ams_team *team)
{
    if (team == NULL) {
        return;
    }
    forget(team);
    free(team->kept);
    free(team->end);
    ams_bytes_fini(&team->packet);
    free(team);
}

uint32_t ams_team_size(const ams_team *team)
{
    return team == NULL ? 1 : team->line.size;
}

uint32_t ams_team_rank(const ams_team *team)
{
    return team == NULL ? 0 : team->line.rank;
}

bool ams_team_leads(const ams_team *team)
{
    return ams_team_rank(team) == 0;
}

uint32_t ams_team_ahead(const ams_team *team)
{
    return ams_team_size(team) == 1 ? 1 : 2 * ams_team_size(team);
}

/* -- messages -- */

static ams_status post(ams_team *t, uint32_t to, const team_head *head, const void *data,
                       size_t n, ams_error *err)
{
    ams_status status = AMS_OK;
    empty(&t->packet);
    AMS_TRY(ams_bytes_put(&t->packet, head, sizeof *head, err));
    AMS_TRY(ams_bytes_put(&t->packet, data, n, err));
    status = t->line.send(t->line.context, to, t->packet.data, t->packet.n, err);
out:
    return status;
}

/* The next message of that member; its bytes are read from behind the head. */
static ams_status fetch(ams_team *t, uint32_t from, team_head *head, ams_bytes *bytes,
                        ams_error *err)
{
    void *data = NULL;
    size_t n = 0;
    ams_bytes_fini(bytes);
    ams_status status = t->line.receive(t->line.context, from, &data, &n, err);
    if (status == AMS_OK) {
        *bytes = (ams_bytes){.data = data, .n = n, .room = n};
        status = ams_bytes_get(bytes, head, sizeof *head, err);
    }
    return status;
}

static ams_team_errand errand_of(const team_head *head, const ams_bytes *bytes)
{
    return (ams_team_errand){.kind = (uint32_t)head->kind,
                             .a = head->a,
                             .b = head->b,
                             .c = head->c,
                             .data = bytes->data == NULL ? NULL : bytes->data + bytes->at,
                             .n = bytes->n - bytes->at};
}

ams_status ams_team_serve(ams_team *team, ams_team_work *work, void *context, ams_error *err)
{
    ams_bytes in = {.n = 0};
    ams_bytes out = {.n = 0};
    ams_status status = AMS_OK;
    for (;;) {
        team_head head;
        AMS_TRY(fetch(team, 0, &head, &in, err));
        if (head.type != TEAM_ERRAND) {
            status = AMS_HELPED;
            goto out;
        }
        const ams_team_errand errand = errand_of(&head, &in);
        empty(&out);
        AMS_TRY(work(context, &errand, &out, err));
        head.type = TEAM_RESULT;
        AMS_TRY(post(team, 0, &head, out.data, out.n, err));
    }
out:
    ams_bytes_fini(&in);
    ams_bytes_fini(&out);
    return status;
}

ams_status ams_team_unknown(const ams_team_errand *errand, ams_error *err)
{
    return ams_fail(err, AMS_BACKEND,
                    "an errand of kind %u (%llu, %llu) of another process is none of this "
                    "command; are all processes the same program with the same arguments?",
                    errand->kind, (unsigned long long)errand->a, (unsigned long long)errand->b);
}

/* -- the leader -- */

static uint32_t member_of(const ams_team *t, uint64_t id)
{
    return (uint32_t)(id % t->line.size);
}

/* The bytes are moved. */
static ams_status keep(ams_team *t, const team_head *head, ams_bytes *bytes, ams_error *err)
{
    ams_status status =
        ams_grow(&t->kept, &t->kept_room, t->n_kept + 1, sizeof *t->kept, "an errand", err);
    if (status == AMS_OK) {
        t->kept[t->n_kept++] = (team_kept){.id = head->id, .head = *head, .bytes = *bytes};
        *bytes = (ams_bytes){.n = 0};
    }
    return status;
}

static bool take(ams_team *t, uint64_t id, team_kept *found)
{
    for (size_t k = 0; k < t->n_kept; k++) {
        if (t->kept[k].id == id) {
            *found = t->kept[k];
            t->kept[k] = t->kept[--t->n_kept];
            return true;
        }
    }
    return false;
}

ams_status ams_team_submit(ams_team *team, const ams_team_errand *errand, uint64_t *id,
                           ams_error *err)
{
    const team_head head = {.type = TEAM_ERRAND,
                            .kind = errand->kind,
                            .id = team->next++,
                            .a = errand->a,
                            .b = errand->b,
                            .c = errand->c};
    const uint32_t member = member_of(team, head.id);
    *id = head.id;
    if (member != 0) {
        return post(team, member, &head, errand->data, errand->n, err);
    }
    ams_bytes bytes = {.n = 0};
    ams_status status = ams_bytes_put(&bytes, errand->data, errand->n, err);
    if (status == AMS_OK) {
        status = keep(team, &head, &bytes, err);
    }
    ams_bytes_fini(&bytes);
    return status;
}

/* A member's last word: the rest of it is its status and message. */
static ams_status read_end(ams_team *t, uint32_t member, ams_bytes *bytes, ams_error *err)
{
    team_end *end = &t->end[member];
    uint32_t code = 0;
    ams_status status = AMS_OK;
    end->done = true;
    AMS_TRY(ams_bytes_get(bytes, &code, sizeof code, err));
    AMS_TRY(ams_bytes_get(bytes, end->message.text, sizeof end->message.text, err));
    end->status = (ams_status)code;
    end->message.text[sizeof end->message.text - 1] = '\0';
out:
    return status;
}

static ams_status failed_member(const ams_team *t, uint32_t member, ams_error *err)
{
    const team_end *end = &t->end[member];
    if (end->status == AMS_OK) {
        return ams_fail(err, AMS_BACKEND,
                        "process %u of %u ended before its part was done; are all processes "
                        "the same program with the same arguments?",
                        member, t->line.size);
    }
    return ams_fail(err, end->status, "process %u of %u: %s", member, t->line.size,
                    end->message.text);
}

/* Until the result of that errand is there; those of others are kept. */
static ams_status await(ams_team *t, uint64_t id, ams_bytes *result, ams_error *err)
{
    const uint32_t member = member_of(t, id);
    ams_bytes in = {.n = 0};
    ams_status status = AMS_OK;
    for (bool there = false; !there;) {
        team_head head;
        if (t->end[member].done) {
            status = failed_member(t, member, err);
            goto out;
        }
        AMS_TRY(fetch(t, member, &head, &in, err));
        if (head.type == TEAM_DONE) {
            AMS_TRY(read_end(t, member, &in, err));
        } else if (head.id == id) {
            ams_bytes_fini(result);
            *result = in;
            in = (ams_bytes){.n = 0};
            there = true;
        } else {
            AMS_TRY(keep(t, &head, &in, err));
        }
    }
out:
    ams_bytes_fini(&in);
    return status;
}

ams_status ams_team_collect(ams_team *team, uint64_t id, ams_team_work *work, void *context,
                            ams_bytes *result, ams_error *err)
{
    team_kept kept;
    ams_status status = AMS_OK;
    empty(result);
    if (!take(team, id, &kept)) {
        return await(team, id, result, err);
    }
    if (member_of(team, id) == 0) {
        const ams_team_errand errand = errand_of(&kept.head, &kept.bytes);
        status = work(context, &errand, result, err);
        ams_bytes_fini(&kept.bytes);
    } else {
        ams_bytes_fini(result);
        *result = kept.bytes;
    }
    return status;
}

/* -- loops -- */

ams_status ams_team_loop_init(ams_team_loop *loop, ams_team *team,
                              const ams_team_errand *errand, uint64_t n, ams_team_work *work,
                              void *context, ams_error *err)
{
    *loop = (ams_team_loop){
        .team = team, .errand = errand, .n = n, .work = work, .context = context};
    return ams_alloc(&loop->id, ams_team_ahead(team), sizeof *loop->id, "errands", err);
}

ams_status ams_team_loop_next(ams_team_loop *loop, ams_bytes **result, ams_error *err)
{
    const uint64_t ahead = ams_team_ahead(loop->team);
    ams_status status = AMS_OK;
    *result = &loop->result;
    if (loop->team == NULL) {
        empty(&loop->result);
        return loop->work(loop->context, &loop->errand[loop->collected++], &loop->result, err);
    }
    while (loop->submitted < loop->n && loop->submitted < loop->collected + ahead) {
        const uint64_t k = loop->submitted++;
        AMS_TRY(ams_team_submit(loop->team, &loop->errand[k], &loop->id[k % ahead], err));
    }
    const uint64_t k = loop->collected++;
    status = ams_team_collect(loop->team, loop->id[k % ahead], loop->work, loop->context,
                              &loop->result, err);
out:
    return status;
}

void ams_team_loop_fini(ams_team_loop *loop)
{
    free(loop->id);
    ams_bytes_fini(&loop->result);
    *loop = (ams_team_loop){.n = 0};
}

ams_status ams_team_run(ams_team *team, const ams_team_errand *errand, uint64_t n,
                        ams_team_work *work, void *work_context, ams_team_fold *fold,
                        void *fold_context, ams_error *err)
{
    ams_team_loop loop;
    ams_status status = ams_team_loop_init(&loop, team, errand, n, work, work_context, err);
    for (uint64_t k = 0; k < n && status == AMS_OK; k++) {
        ams_bytes *result = NULL;
        status = ams_team_loop_next(&loop, &result, err);
        if (status == AMS_OK) {
            status = fold(fold_context, &errand[k], result, err);
        }
    }
    ams_team_loop_fini(&loop);
    return status;
}

/* -- the end -- */

/* Messages of members that nobody asks for any more go by. */
static ams_status await_end(ams_team *t, uint32_t member, ams_error *err)
{
    ams_bytes in = {.n = 0};
    ams_status status = AMS_OK;
    while (!t->end[member].done && status == AMS_OK) {
        team_head head;
        status = fetch(t, member, &head, &in, err);
        if (status == AMS_OK && head.type == TEAM_DONE) {
            status = read_end(t, member, &in, err);
        }
    }
    ams_bytes_fini(&in);
    return status;
}

/* Sends every member to its end and hears of it; the first failure, `status` before all. */
static ams_status hear_all(ams_team *t, ams_status status, ams_error *err)
{
    static const team_head stop = {.type = TEAM_STOP};
    const uint32_t size = t->line.size;
    for (uint32_t r = 1; r < size; r++) {
        ams_error message = {""};
        ams_status sent = t->end[r].done ? AMS_OK : post(t, r, &stop, NULL, 0, &message);
        status = status == AMS_OK && sent != AMS_OK ? ams_fail(err, sent, "%s", message.text)
                                                    : status;
    }
    for (uint32_t r = 1; r < size; r++) {
        ams_error message = {""};
        ams_status came = await_end(t, r, &message);
        if (status == AMS_OK && came != AMS_OK) {
            status = ams_fail(err, came, "%s", message.text);
        } else if (status == AMS_OK && t->end[r].status != AMS_OK) {
            status = failed_member(t, r, err);
        }
    }
    return status;
}

ams_status ams_team_dismiss(ams_team *team, ams_error *err)
{
    return team == NULL ? AMS_OK : hear_all(team, AMS_OK, err);
}

static ams_status lead_to_end(ams_team *t, ams_status status, ams_error *err)
{
    status = hear_all(t, status, err);
    for (uint32_t r = 1; r < t->line.size; r++) {
        const team_head verdict = {.type = TEAM_VERDICT, .a = (uint64_t)status};
        (void)post(t, r, &verdict, NULL, 0, NULL); /* it ends by itself then */
        t->end[r] = (team_end){.done = false};
    }
    forget(t);
    t->next = 0; /* a command's first errand is the leader's */
    return status;
}

static ams_status follow_to_end(ams_team *t, ams_status status, ams_error *err)
{
    const team_head done = {.type = TEAM_DONE};
    const uint32_t code = status == AMS_HELPED ? AMS_OK : (uint32_t)status;
    ams_bytes word = {.n = 0};
    ams_bytes in = {.n = 0};
    ams_error own = *err;
    AMS_TRY(ams_bytes_put(&word, &code, sizeof code, err));
    AMS_TRY(ams_bytes_put(&word, own.text, sizeof own.text, err));
    AMS_TRY(post(t, 0, &done, word.data, word.n, err));
    for (team_head head = {.type = TEAM_ERRAND}; head.type != TEAM_VERDICT;) {
        AMS_TRY(fetch(t, 0, &head, &in, err));
        status = (ams_status)head.a;
    }
    err->text[0] = '\0';
out:
    ams_bytes_fini(&word);
    ams_bytes_fini(&in);
    return status;
}

ams_status ams_team_finish(ams_team *team, ams_status status, ams_error *err)
{
    if (team == NULL) {
        return status;
    }
    return ams_team_leads(team) ? lead_to_end(team, status, err)
                                : follow_to_end(team, status, err);
}
