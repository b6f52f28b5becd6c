/* ams doctor: what this program was built with and what the machine offers it. */
#include "cli/json.h"
#include "console/options.h"

#include "ams/cuda.h"
#include "base/version.h"
#include "env/h5.h"
#include "rl/net/blas.h"
#include "rl/run/cpu_info.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const cli_option options[] = {
    CLI_FLAG("--json", "as one JSON object; cuda and gnuplot are null where there is none"),
};

typedef struct doctor_facts {
    ams_cpu_info cpu;
    unsigned hdf5[3];
    const char *blas;
    long cores;
    double memory_gib;
    ams_cuda_device cuda;
    ams_error no_cuda; /* why there is none; "" if there is one */
    char gnuplot[128]; /* "" if there is none */
} doctor_facts;

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

static doctor_facts gather(void)
{
    doctor_facts f = {.blas = ams_blas_config()};
    ams_cpu_know(&f.cpu);
    ams_h5_version(f.hdf5);
    (void)ams_cuda_find(&f.cuda, &f.no_cuda); /* the message is what is shown */
    f.cores = sysconf(_SC_NPROCESSORS_ONLN);
    f.memory_gib = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 0x1p30;
    read_gnuplot(f.gnuplot, sizeof f.gnuplot);
    return f;
}

static const char NO_GNUPLOT[] = "not found: apt-get install gnuplot-nox (ams plot needs it)";

static void print_cuda(const doctor_facts *f)
{
    if (f->no_cuda.text[0] != 0) {
        printf("CUDA      %s\n", f->no_cuda.text);
        return;
    }
    printf(
        "CUDA      %s, compute capability %d.%d, %.1f GiB; toolkit %d.%d, driver for %d.%d\n",
        f->cuda.name, f->cuda.major, f->cuda.minor, f->cuda.memory_gib, f->cuda.runtime / 1000,
        f->cuda.runtime % 1000 / 10, f->cuda.driver / 1000, f->cuda.driver % 1000 / 10);
    printf("          ams train --device cuda has never been run on a GPU by its authors\n");
}

static void print_text(const doctor_facts *f)
{
    printf("ams       %s, compiled by %s\n", ams_version, ams_compiler);
    printf("HDF5      %u.%u.%u\n", f->hdf5[0], f->hdf5[1], f->hdf5[2]);
    printf("OpenBLAS  %s\n", f->blas);
    printf("          kernels: %s\n", f->cpu.blas_kernel);
    if (f->cpu.better_kernel != NULL) {
        printf(
            "          this CPU also has AVX-512 kernels: set OPENBLAS_CORETYPE=%s before\n"
            "          the program starts. With them, backend=dense made 1.4 to 1.5 times as "
            "many\n"
            "          updates per second (docs/speed.md); its results round differently\n",
            f->cpu.better_kernel);
    }
    printf("CPU       %s\n", f->cpu.name);
    printf("          avx2 %s, fma %s, avx512f %s; updates use vectors of %u bits\n",
           f->cpu.avx2 ? "yes" : "no", f->cpu.fma ? "yes" : "no", f->cpu.avx512f ? "yes" : "no",
           f->cpu.vector_bits);
    printf("cores     %ld\n", f->cores);
    printf("memory    %.1f GiB\n", f->memory_gib);
    print_cuda(f);
    printf("gnuplot   %s\n", f->gnuplot[0] == 0 ? NO_GNUPLOT : f->gnuplot);
}

static ams_status print_json(const doctor_facts *f, ams_error *err)
{
    char hdf5[32];
    snprintf(hdf5, sizeof hdf5, "%u.%u.%u", f->hdf5[0], f->hdf5[1], f->hdf5[2]);
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:{s:s, s:s, s:b, s:s?}, s:{s:s, s:b, s:b, s:b, s:i}, s:I, s:f, s:s?, "
        "s:s?}",
        "version", ams_version, "compiler", ams_compiler, "hdf5", hdf5, "openblas", "config",
        f->blas, "kernels", f->cpu.blas_kernel, "lesser_kernels", f->cpu.better_kernel != NULL,
        "advice", f->cpu.better_kernel, "cpu", "name", f->cpu.name, "avx2", f->cpu.avx2, "fma",
        f->cpu.fma, "avx512f", f->cpu.avx512f, "vector_bits", (int)f->cpu.vector_bits, "cores",
        (json_int_t)f->cores, "memory_gib", f->memory_gib, "cuda",
        f->no_cuda.text[0] == 0 ? f->cuda.name : NULL, "gnuplot",
        f->gnuplot[0] == 0 ? NULL : f->gnuplot);
    return cli_print_json(object, err);
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_status status = cli_no_operands(args, err);
    if (status != AMS_OK) {
        return status;
    }
    doctor_facts f = gather();
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
    .help = "Shows what this program was built with and what the machine offers. A part that\n"
            "is missing is named with the package that has it.\n",
    CLI_OPTIONS(options),
    .run = run,
};
