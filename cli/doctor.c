/* ams doctor: what this program was built with and what the machine offers it. */
#include "cli/cli.h"

#include "env/h5.h"
#include "rl/blas.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const cli_option options[] = {{"--json", false}};

typedef struct facts {
    char cpu[128];
    bool avx2, fma, avx512f;
    unsigned hdf5[3];
    const char *blas, *kernel;
    bool lesser_kernel;
    long cores;
    double memory_gib;
    char gnuplot[128]; /* "" if there is none */
} facts;

/* "model name : X" of /proc/cpuinfo; other architectures have no such line. */
static void read_cpu_name(char *name, size_t size)
{
    snprintf(name, size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL && colon[1] == ' ') {
            colon[strcspn(colon, "\n")] = 0;
            snprintf(name, size, "%s", colon + 2);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

static void read_features(facts *f)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    f->avx2 = __builtin_cpu_supports("avx2") != 0;
    f->fma = __builtin_cpu_supports("fma") != 0;
    f->avx512f = __builtin_cpu_supports("avx512f") != 0;
#else
    (void)f;
#endif
}

/* OpenBLAS chooses kernels by CPU family, and falls back to AVX2 ones for families that it does
 * not know, although they have AVX-512. */
static bool is_lesser_kernel(const facts *f)
{
    static const char *const avx2_kernels[] = {"Haswell", "Zen", "Excavator"};
    for (size_t i = 0; i < sizeof avx2_kernels / sizeof *avx2_kernels; i++) {
        if (strcasecmp(f->kernel, avx2_kernels[i]) == 0) {
            return f->avx512f;
        }
    }
    return (f->avx2 || f->avx512f) &&
           (strcasecmp(f->kernel, "Prescott") == 0 || strcasecmp(f->kernel, "Nehalem") == 0 ||
            strcasecmp(f->kernel, "Sandybridge") == 0);
}

static const char *better_kernel(const facts *f)
{
    return f->avx512f ? "SKYLAKEX" : "HASWELL";
}

static void read_gnuplot(char *version, size_t size)
{
    version[0] = 0;
    /* NOLINTNEXTLINE(cert-env33-c): a fixed command, found as `ams plot` finds it */
    FILE *pipe = popen("gnuplot --version 2>/dev/null", "re");
    if (pipe == NULL) {
        return;
    }
    if (fgets(version, (int)size, pipe) == NULL) {
        version[0] = 0;
    }
    version[strcspn(version, "\n")] = 0;
    if (pclose(pipe) != 0) {
        version[0] = 0;
    }
}

static facts gather(void)
{
    facts f = {.blas = ams_blas_config(), .kernel = ams_blas_kernel()};
    read_cpu_name(f.cpu, sizeof f.cpu);
    read_features(&f);
    ams_h5_version(f.hdf5);
    f.lesser_kernel = is_lesser_kernel(&f);
    f.cores = sysconf(_SC_NPROCESSORS_ONLN);
    f.memory_gib = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 0x1p30;
    read_gnuplot(f.gnuplot, sizeof f.gnuplot);
    return f;
}

static const char CUDA[] = "not built: this version has no CUDA backend";
static const char NO_GNUPLOT[] = "not found: apt-get install gnuplot-nox (ams plot needs it)";

static void print_text(const facts *f)
{
    printf("ams       %s, compiled by %s\n", AMS_VERSION, AMS_COMPILER);
    printf("HDF5      %u.%u.%u\n", f->hdf5[0], f->hdf5[1], f->hdf5[2]);
    printf("OpenBLAS  %s\n", f->blas);
    printf("          kernels: %s\n", f->kernel);
    if (f->lesser_kernel) {
        printf(
            "          this CPU has AVX-512 kernels too: set OPENBLAS_CORETYPE=%s before the\n"
            "          program starts; matrix products, most of backend=dense, get faster\n",
            better_kernel(f));
    }
    printf("CPU       %s\n", f->cpu);
    printf("          avx2 %s, fma %s, avx512f %s\n", f->avx2 ? "yes" : "no",
           f->fma ? "yes" : "no", f->avx512f ? "yes" : "no");
    printf("cores     %ld\n", f->cores);
    printf("memory    %.1f GiB\n", f->memory_gib);
    printf("CUDA      %s\n", CUDA);
    printf("gnuplot   %s\n", f->gnuplot[0] == 0 ? NO_GNUPLOT : f->gnuplot);
}

static ams_status print_json(const facts *f, ams_error *err)
{
    char hdf5[32];
    snprintf(hdf5, sizeof hdf5, "%u.%u.%u", f->hdf5[0], f->hdf5[1], f->hdf5[2]);
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:{s:s, s:s, s:b, s:s?}, s:{s:s, s:b, s:b, s:b}, s:I, s:f, s:n, s:s?}",
        "version", AMS_VERSION, "compiler", AMS_COMPILER, "hdf5", hdf5, "openblas", "config",
        f->blas, "kernels", f->kernel, "lesser_kernels", f->lesser_kernel, "advice",
        f->lesser_kernel ? better_kernel(f) : NULL, "cpu", "name", f->cpu, "avx2", f->avx2,
        "fma", f->fma, "avx512f", f->avx512f, "cores", (json_int_t)f->cores, "memory_gib",
        f->memory_gib, "cuda", "gnuplot", f->gnuplot[0] == 0 ? NULL : f->gnuplot);
    int failed = object == NULL ? 1 : json_dumpf(object, stdout, JSON_INDENT(2));
    json_decref(object);
    putchar('\n');
    return failed == 0 ? AMS_OK : ams_fail(err, AMS_IO, "cannot write the report as JSON");
}

static ams_status run(const cli_args *args, ams_error *err)
{
    if (args->n_operands > 0) {
        return ams_fail(err, AMS_USAGE, "takes options only; --help shows them");
    }
    facts f = gather();
    if (cli_has(args, "--json")) {
        return print_json(&f, err);
    }
    print_text(&f);
    return AMS_OK;
}

const ams_command ams_cmd_doctor = {
    .name = "doctor",
    .summary = "show versions, CPU, libraries and what is missing",
    .usage = "ams doctor [--json]",
    .help = "Options:\n"
            "  --json  as one JSON object; cuda and gnuplot are null where there is none\n",
    CLI_OPTIONS(options),
    .run = run,
};
