/* ams doctor: what this program was built with and what the machine offers it. */
#include "base/version.h"
#include "cli/json.h"
#include "lab/bench/facts.h"

#include <stdio.h>

static const cli_option options[] = {
    CLI_FLAG("--json", "as one JSON object; cuda and gnuplot are null where there is none"),
};

static const char NO_GNUPLOT[] = "not found: apt-get install gnuplot-nox (ams plot needs it)";

static void print_cuda(const ams_facts *f)
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

static void print_text(const ams_facts *f)
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

static ams_status run(const cli_args *args, ams_error *err)
{
    const ams_facts facts = ams_facts_gather();
    ams_result result = {.n = 0};
    ams_status status = AMS_OK;
    if (cli_has(args, "--json")) {
        AMS_TRY(ams_facts_result(&facts, &result, err));
        status = ams_result_print_json(&result, stdout, err);
    } else {
        print_text(&facts);
    }
out:
    ams_result_fini(&result);
    return status;
}

const ams_command ams_cmd_doctor = {
    .name = "doctor",
    .summary = "show versions, CPU, libraries and what is missing",
    .usage = "ams doctor [--json]",
    .help = "Shows what this program was built with and what the machine offers. A part that\n"
            "is missing is named with the package that has it.\n",
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
