#include "mpi/line.h"

#include "base/memory.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A message is its length and then its bytes, in pieces that an int can count. */
enum { TAG = 1, PIECE = 1 << 30 };

/* How long a process sleeps between two looks: MPI's own waiting takes a whole processor, which
 * others need. Work takes milliseconds at least. */
enum { SHORTEST_NS = 20000, LONGEST_NS = 2000000 };

/* A piece on its way. */
typedef struct line_piece {
    MPI_Request request;
    void *message; /* owned; NULL: of a later piece */
} line_piece;

struct mpi_line {
    int rank, size;
    line_piece *piece; /* (n) */
    size_t n, room;
};

static ams_status failed(const char *what, int code, ams_error *err)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(code, text, &length);
    return ams_fail(err, AMS_BACKEND, "MPI: %s: %s", what, text);
}

ams_status mpi_line_open(mpi_line **line, int *argc, char ***argv, ams_error *err)
{
    mpi_line *l = NULL;
    int provided = 0;
    int code = MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided);
    *line = NULL;
    if (code != MPI_SUCCESS || provided < MPI_THREAD_FUNNELED) {
        return ams_fail(err, AMS_BACKEND, "MPI cannot start beside threads (code %d)", code);
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    ams_status status = ams_alloc(&l, 1, sizeof *l, "MPI", err);
    if (status == AMS_OK) {
        MPI_Comm_rank(MPI_COMM_WORLD, &l->rank);
        MPI_Comm_size(MPI_COMM_WORLD, &l->size);
        *line = l;
    }
    return status;
}

/* NOLINTBEGIN(clang-analyzer-optin.mpi.MPI-Checker): MPI_Test waits for every request, here or
 * in a later call */

/* Lets go of pieces that have arrived. */
static ams_status look_after_pieces(mpi_line *l, ams_error *err)
{
    size_t left = 0;
    for (size_t k = 0; k < l->n; k++) {
        int done = 0;
        const int code = MPI_Test(&l->piece[k].request, &done, MPI_STATUS_IGNORE);
        if (code != MPI_SUCCESS) {
            return failed("sending", code, err);
        }
        if (done) {
            free(l->piece[k].message);
        } else {
            l->piece[left++] = l->piece[k];
        }
    }
    l->n = left;
    return AMS_OK;
}

static ams_status start_piece(mpi_line *l, uint32_t to, unsigned char *data, size_t n,
                              void *message, ams_error *err)
{
    ams_status status =
        ams_grow(&l->piece, &l->room, l->n + 1, sizeof *l->piece, "messages", err);
    if (status != AMS_OK) {
        return status;
    }
    line_piece *piece = &l->piece[l->n];
    const int code =
        MPI_Isend(data, (int)n, MPI_BYTE, (int)to, TAG, MPI_COMM_WORLD, &piece->request);
    if (code != MPI_SUCCESS) {
        return failed("sending", code, err);
    }
    piece->message = message;
    l->n++;
    return AMS_OK;
}

static ams_status line_send(void *context, uint32_t to, const void *data, size_t n,
                            ams_error *err)
{
    mpi_line *l = context;
    unsigned char *message = NULL;
    const uint64_t length = n;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&message, sizeof length + n, 1, "a message", err));
    memcpy(message, &length, sizeof length);
    memcpy(message + sizeof length, data, n);
    /* The block goes with the last piece, which arrives last; it stays where one fails, since
     * MPI may still read it. */
    AMS_TRY(start_piece(l, to, message, sizeof length, n == 0 ? message : NULL, err));
    for (size_t at = 0; at < n; at += PIECE) {
        const size_t now = n - at < PIECE ? n - at : PIECE;
        AMS_TRY(start_piece(l, to, message + sizeof length + at, now,
                            at + now == n ? message : NULL, err));
    }
    status = look_after_pieces(l, err);
out:
    return status;
}

static void rest(long *ns)
{
    const struct timespec pause = {.tv_nsec = *ns};
    nanosleep(&pause, NULL);
    *ns = 2 * *ns < LONGEST_NS ? 2 * *ns : LONGEST_NS;
}

static ams_status receive_piece(mpi_line *l, uint32_t from, void *data, size_t n,
                                ams_error *err)
{
    MPI_Request request;
    int done = 0;
    int code = MPI_Irecv(data, (int)n, MPI_BYTE, (int)from, TAG, MPI_COMM_WORLD, &request);
    ams_status status = AMS_OK;
    for (long ns = SHORTEST_NS; code == MPI_SUCCESS && !done && status == AMS_OK;) {
        code = MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (!done) {
            status = look_after_pieces(l, err);
            rest(&ns);
        }
    }
    return code != MPI_SUCCESS ? failed("receiving", code, err) : status;
}

static ams_status line_receive(void *context, uint32_t from, void **data, size_t *n,
                               ams_error *err)
{
    mpi_line *l = context;
    unsigned char *bytes = NULL;
    uint64_t length = 0;
    ams_status status = AMS_OK;
    AMS_TRY(receive_piece(l, from, &length, sizeof length, err));
    AMS_TRY(ams_alloc(&bytes, length, 1, "a message", err));
    for (uint64_t at = 0; at < length; at += PIECE) {
        const uint64_t left = length - at;
        AMS_TRY(receive_piece(l, from, bytes + at, left < PIECE ? left : PIECE, err));
    }
    *data = bytes;
    *n = length;
    bytes = NULL;
out:
    free(bytes);
    return status;
}

/* NOLINTEND(clang-analyzer-optin.mpi.MPI-Checker) */

ams_team_line mpi_line_of_team(mpi_line *line)
{
    return (ams_team_line){.context = line,
                           .rank = (uint32_t)line->rank,
                           .size = (uint32_t)line->size,
                           .send = line_send,
                           .receive = line_receive};
}

void mpi_line_close(mpi_line *line)
{
    ams_error err;
    if (line != NULL) {
        for (long ns = SHORTEST_NS; look_after_pieces(line, &err) == AMS_OK && line->n > 0;) {
            rest(&ns);
        }
        free(line->piece);
        free(line);
    }
    MPI_Finalize();
}
