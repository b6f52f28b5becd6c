/* The service behind a Unix socket for many clients, or behind one stream for one.
 *
 * A client that sends nonsense, half a message, too much, or nothing, that does not read its
 * replies, or that dies, costs the others nothing: at most 16 of its messages are answered at a
 * turn, its replies wait in memory of a fixed size and until they are taken it is not read
 * from. */
#ifndef AMS_SERVE_LOOP_H
#define AMS_SERVE_LOOP_H

#include "serve/service.h"

typedef struct ams_loop_options {
    uint32_t clients;     /* at once */
    size_t message_bytes; /* of one, at most */
    size_t reply_bytes;   /* waiting for a client that does not read; one more reply may join */
    uint64_t idle_ns;     /* a client that sends no message for longer is told so and left */
    uint64_t drain_ns;    /* on SIGTERM or SIGINT: for items in flight to end */
} ams_loop_options;

/* Serves until SIGTERM or SIGINT: then nothing new begins, clients are left as their items end,
 * and after drain_ns, or at a second signal, all are. `ready` (may be NULL) is called once
 * clients can connect. The socket's file is removed at the end.
 * @return AMS_USAGE, AMS_IO, AMS_BACKEND where it cannot begin. */
ams_status ams_serve_socket(ams_service *service, const char *path,
                            const ams_loop_options *options, void (*ready)(const char *path),
                            ams_error *err);
/* Serves one client that writes to `in` and reads from `out`, until `in` ends; signals as
 * above. idle_ns drops its items, not itself. @return AMS_IO. */
ams_status ams_serve_stream(ams_service *service, int in, int out,
                            const ams_loop_options *options, ams_error *err);

#endif
