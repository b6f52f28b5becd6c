#include "tests/cuda/host_device.h"

#include "tests/cuda/host_run.h"

#include <stdlib.h>

enum { MOST = 64 };

typedef struct device {
    host_run *run[MOST];
    size_t n;
} device;

/* A run and where it is. */
typedef struct placed {
    host_run run;
    device *on;
} placed;

host_faults host_fault;

static ams_status open_device(void **state, uint32_t number, ams_error *err)
{
    (void)number;
    (void)err;
    *state = calloc(1, sizeof(device));
    host_must(*state != NULL);
    return AMS_OK;
}

typedef void open_run(host_run *run, ams_trainer *trainer, uint32_t lanes);

static ams_status add_as(open_run *open, device *d, struct ams_trainer *trainer, void **run,
                         ams_error *err)
{
    *run = NULL;
    if (host_fault.room > 0 && d->n == host_fault.room) {
        (void)ams_fail(err, AMS_BACKEND, "room for %zu runs", host_fault.room);
        return AMS_OK;
    }
    placed *p = calloc(1, sizeof *p);
    host_must(p != NULL && d->n < MOST);
    p->on = d;
    open(&p->run, trainer, 5);
    d->run[d->n++] = &p->run;
    host_fault.most = d->n > host_fault.most ? d->n : host_fault.most;
    *run = p;
    return AMS_OK;
}

static ams_status add(void *state, struct ams_trainer *trainer, void **run, ams_error *err)
{
    return add_as(host_run_open, state, trainer, run, err);
}

static ams_status add_wide(void *state, struct ams_trainer *trainer, void **run, ams_error *err)
{
    return add_as(host_run_open_wide, state, trainer, run, err);
}

static ams_status update(void *state, uint64_t n, ams_error *err)
{
    device *d = state;
    if (host_fault.updates > 0 && host_fault.calls == host_fault.updates) {
        return ams_fail(err, AMS_BACKEND, "the device fell off the bus");
    }
    host_fault.calls++;
    host_runs_update(d->run, d->n, n);
    return AMS_OK;
}

static ams_status orders(void *run, uint8_t split, uint8_t *order, ams_error *err)
{
    (void)err;
    host_run_orders(&((placed *)run)->run, split, order);
    return AMS_OK;
}

static ams_status fetch(void *run, ams_error *err)
{
    (void)err;
    host_run_fetch(&((placed *)run)->run);
    return AMS_OK;
}

static ams_status load(void *run, ams_error *err)
{
    (void)err;
    host_run_load(&((placed *)run)->run);
    return AMS_OK;
}

static void remove_run(void *run)
{
    placed *p = run;
    if (p == NULL) {
        return;
    }
    device *d = p->on;
    size_t kept = 0;
    for (size_t r = 0; r < d->n; r++) {
        if (d->run[r] != &p->run) {
            d->run[kept++] = d->run[r];
        }
    }
    host_must(kept + 1 == d->n);
    d->n = kept;
    host_run_close(&p->run);
    free(p);
}

static void close_device(void *state)
{
    device *d = state;
    host_must(d == NULL || d->n == 0);
    free(d);
}

const ams_accelerator host_accelerator = {.name = "host",
                                          .open = open_device,
                                          .add = add,
                                          .update = update,
                                          .orders = orders,
                                          .fetch = fetch,
                                          .load = load,
                                          .remove = remove_run,
                                          .close = close_device};

const ams_accelerator host_wide_accelerator = {.name = "wide host",
                                               .open = open_device,
                                               .add = add_wide,
                                               .update = update,
                                               .orders = orders,
                                               .fetch = fetch,
                                               .load = load,
                                               .remove = remove_run,
                                               .close = close_device};
