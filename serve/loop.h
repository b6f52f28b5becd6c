/* Runs the service on a Unix socket for many clients, or on one stream for one client.
 *
 * No client can slow the others down by sending nonsense, half a message, too much or nothing,
 * by not reading its replies, or by dying. At most 16 of its messages are answered in a row.
 * Its replies wait in memory of a fixed size, and nothing more is read from it until they are
 * taken. */
#ifndef AMS_SERVE_LOOP_H
#define AMS_SERVE_LOOP_H

#include "serve/service.h"

typedef struct ams_loop_options {
    uint32_t clients;     /* at once */
    size_t message_bytes; /* of one, at most */
    size_t
        reply_bytes; /* waiting for a client that does not read; one more reply may be added */
    uint64_t
        idle_ns; /* a client that sends no message for longer is sent the reason and closed */
    uint64_t drain_ns; /* on SIGTERM or SIGINT: for items in flight to end */
} ams_loop_options;

/* Serves until SIGTERM or SIGINT: then nothing new begins and a client is closed once its items
 * have ended; after drain_ns, or at a second signal, all are closed. `ready` (may be NULL) is
 * called once clients can connect. The socket's file is removed at the end. @return AMS_USAGE,
 * AMS_IO or AMS_BACKEND if it cannot start. */
ams_status ams_serve_socket(ams_service *service, const char *path,
                            const ams_loop_options *options, void (*ready)(const char *path),
                            ams_error *err);
/* Serves one client that writes to `in` and reads from `out`, until `in` ends; signals as
 * above. idle_ns drops its items, not itself. @return AMS_IO. */
ams_status ams_serve_stream(ams_service *service, int in, int out,
                            const ams_loop_options *options, ams_error *err);

#endif
