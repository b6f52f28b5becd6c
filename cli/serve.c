/* `ams serve`: a policy for programs in any language, by lines of JSON. */
#include "base/clock.h"
#include "cli/serve_shared.h"
#include "cli/weights.h"
#include "console/options.h"
#include "console/units.h"
#include "serve/loop.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static const cli_option options[] = {
    CLI_FILE("--policy", "P", CLI_READS,
             "a policy.ams, the run folder that has one, or a baseline of fixed size, which "
             "--fit fits"),
    CLI_FIT,
    CLI_VALUE("--socket", "PATH",
              "a Unix socket, made with mode 0600, for many clients (default: one client on "
              "standard input and output, until its end)"),
    CLI_VALUE("--clients", "N", "at once (default 1024)"),
    CLI_VALUE("--items", "N", "in flight, all clients together (default 10000)"),
    CLI_VALUE("--client-items", "N", "in flight, of one client (default 1000)"),
    CLI_VALUE("--message", "KB", "longest message that is taken (default 256)"),
    CLI_VALUE("--replies", "KB",
              "that wait for a client who does not read; then nothing more is read from it "
              "(default 256)"),
    CLI_VALUE("--idle", "T",
              "a client or item without a message for longer is dropped (default 10min)"),
    CLI_VALUE("--drain", "T",
              "how long SIGTERM and SIGINT wait for items in flight; a second one does not "
              "(default 30s)"),
    CLI_MONEY,
    CLI_SHARED_OPTIONS,
};

typedef struct serve_session {
    ams_live_policy policy;
    ams_service *service;
    ams_service_options limits;
    ams_loop_options loop;
    cli_shared shared;
} serve_session;

static ams_status read_time(const cli_args *args, const char *option, const char *otherwise,
                            uint64_t *ns, ams_error *err)
{
    static const cli_unit units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}};
    const double most_ms = 1e10; /* 115 days */
    double ms = 0;
    size_t n = 0;
    const char *text = cli_get(args, option, otherwise);
    ams_status status = cli_parse_units(option, text, units, 4, &ms, 1, &n, err);
    if (status == AMS_OK && ms > most_ms) {
        status = ams_fail(err, AMS_USAGE, "option %s: expected at most 100 days, found %s",
                          option, text);
    }
    *ns = status == AMS_OK ? (uint64_t)(ms * 1e6) : 0;
    return status;
}

static ams_status read_options(serve_session *s, const cli_args *args, ams_error *err)
{
    uint64_t clients = 1024;
    uint64_t items = 10000;
    uint64_t client_items = 1000;
    uint64_t message = 256;
    uint64_t replies = 256;
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_count(args, "--clients", 1000000, &clients, err));
    AMS_TRY(cli_get_count(args, "--items", 10000000, &items, err));
    AMS_TRY(cli_get_count(args, "--client-items", 10000000, &client_items, err));
    AMS_TRY(cli_get_count(args, "--message", 1 << 20, &message, err));
    AMS_TRY(cli_get_count(args, "--replies", 1 << 20, &replies, err));
    AMS_TRY(read_time(args, "--idle", "10min", &s->loop.idle_ns, err));
    AMS_TRY(read_time(args, "--drain", "30s", &s->loop.drain_ns, err));
    s->loop.clients = (uint32_t)clients;
    s->loop.message_bytes = (size_t)message * 1024;
    s->loop.reply_bytes = (size_t)replies * 1024;
    s->limits = (ams_service_options){.items = (uint32_t)items,
                                      .client_items = (uint32_t)client_items,
                                      .idle_ns = s->loop.idle_ns};
    status = cli_no_operands(args, err);
out:
    return status;
}

/* One descriptor per client and some for ourselves; a limit that the system sets lower stands.
 */
static void raise_descriptors(uint32_t clients)
{
    enum { OWN = 64 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < clients + OWN) {
        limit.rlim_cur = limit.rlim_max < clients + OWN ? limit.rlim_max : clients + OWN;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void say_ready(const char *path)
{
    fprintf(stderr, "ams serve: listening on %s\n", path);
}

static void say_figures(const ams_service *service)
{
    const ams_service_figures f = ams_service_figures_of(service);
    fprintf(
        stderr,
        "ams serve: %llu items, %llu decisions, %llu messages (%llu refused); saved %.1f %% ",
        (unsigned long long)f.ended, (unsigned long long)f.decisions,
        (unsigned long long)f.messages, (unsigned long long)f.refused,
        f.all_ms > 0 ? 100 * f.saved_ms / f.all_ms : 0);
    fprintf(stderr, f.paid_items > 0 ? "of %.6g\n" : "of %.1f s\n",
            f.paid_items > 0 ? f.all_ms : f.all_ms * 1e-3);
    cli_say_paid("serve", f.paid, f.paid_items);
}

static ams_status run(const cli_args *args, ams_error *err)
{
    serve_session s = {.service = NULL};
    const char *path = NULL;
    const char *socket = cli_get(args, "--socket", NULL);
    ams_status status = AMS_OK;
    AMS_TRY(cli_require(args, "--policy", &path, err));
    AMS_TRY(read_options(&s, args, err));
    AMS_TRY(cli_get_live(args, path, &s.policy, err));
    AMS_TRY(cli_get_money(args, &s.policy, &s.limits.money, err));
    if (ams_online_cost_unit(s.policy.online) != NULL && cli_has(args, "--workers")) {
        status = ams_fail(err, AMS_USAGE,
                          "option --workers: expected a policy that decides by time, found %s, "
                          "which answers for money",
                          path);
        goto out;
    }
    AMS_TRY(cli_share(&s.shared, &s.policy, args, err));
    s.limits.shared = s.shared.shared;
    AMS_TRY(ams_service_create(&s.service, &s.policy, &s.limits, ams_nanoseconds(), err));
    if (socket == NULL) {
        AMS_TRY(ams_serve_stream(s.service, STDIN_FILENO, STDOUT_FILENO, &s.loop, err));
    } else {
        raise_descriptors(s.loop.clients);
        AMS_TRY(ams_serve_socket(s.service, socket, &s.loop, say_ready, err));
    }
    say_figures(s.service);
out:
    ams_service_destroy(s.service);
    cli_shared_close(&s.shared);
    ams_live_close(&s.policy);
    return status;
}

const ams_command ams_cmd_serve = {
    .name = "serve",
    .summary = "decide for other programs, in lines of JSON",
    .usage = "ams serve --policy P [--socket PATH] [OPTION]...",
    .help = "One object per line, one reply per line, in order: begin, next, finished, failed, "
            "result,\n"
            "policy and stats; docs/serve.md has them all, and a session. What is wrong gets\n"
            "{\"ok\":false,\"error\":...} and ends nothing.\n"
            "\n"
            "Examples:\n"
            "  ams serve --policy runs/mine --socket /run/user/1000/ams.sock\n"
            "  ams serve --policy fixed --fit mine.h5\n"
            "  ams serve --policy answers.ams --budget 5\n"
            "  ams serve --policy runs/mine --workers 2 --scheduler dp --predictor mean.tsv\n"
            "  ams serve --policy runs/mine --workers 1 --stages NETWORK --data mine.h5\n",
    CLI_OPTIONS(options),
    .run = run,
};
