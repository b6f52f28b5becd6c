#include "lab/bench/facts.h"

#include "base/version.h"
#include "env/h5.h"
#include "rl/net/blas.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

ams_facts ams_facts_gather(void)
{
    ams_facts f = {.blas = ams_blas_config()};
    ams_cpu_know(&f.cpu);
    ams_h5_version(f.hdf5);
    (void)ams_cuda_find(0, &f.cuda, &f.no_cuda); /* the message is what is shown */
    f.cores = sysconf(_SC_NPROCESSORS_ONLN);
    f.memory_gib = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 0x1p30;
    read_gnuplot(f.gnuplot, sizeof f.gnuplot);
    f.cluster = ams_cluster_gather(".");
    return f;
}

ams_status ams_facts_result(const ams_facts *f, ams_result *result, ams_error *err)
{
    const ams_cluster_facts *c = &f->cluster;
    char hdf5[64];
    snprintf(hdf5, sizeof hdf5, "%u.%u.%u", f->hdf5[0], f->hdf5[1], f->hdf5[2]);
    return AMS_RESULT_FACTS(
        result, err, {"version", ams_cell_text(ams_version)},
        {"compiler", ams_cell_text(ams_compiler)}, {"hdf5", ams_cell_text(hdf5)},
        {"openblas.config", ams_cell_text(f->blas)},
        {"openblas.kernels", ams_cell_text(f->cpu.blas_kernel)},
        {"openblas.lesser_kernels", ams_cell_flag(f->cpu.better_kernel != NULL)},
        {"openblas.advice", ams_cell_text(f->cpu.better_kernel)},
        {"cpu.name", ams_cell_text(f->cpu.name)}, {"cpu.avx2", ams_cell_flag(f->cpu.avx2)},
        {"cpu.fma", ams_cell_flag(f->cpu.fma)}, {"cpu.avx512f", ams_cell_flag(f->cpu.avx512f)},
        {"cpu.vector_bits", ams_cell_count(f->cpu.vector_bits)},
        {"cores", ams_cell_count((uint64_t)f->cores)},
        {"memory_gib", ams_cell_real(f->memory_gib)},
        {"cuda", ams_cell_if(f->no_cuda.text[0] == 0, ams_cell_text(f->cuda.name))},
        {"gnuplot", ams_cell_if(f->gnuplot[0] != 0, ams_cell_text(f->gnuplot))},
        {"mpi.mpirun", ams_cell_if(c->mpirun[0] != 0, ams_cell_text(c->mpirun))},
        {"job.launcher", ams_cell_text(c->place.launcher)},
        {"job.rank", ams_cell_count(c->place.rank)},
        {"job.ranks", ams_cell_count(c->place.size)},
        {"job.ranks_here", ams_cell_if(c->place.here > 0, ams_cell_count(c->place.here))},
        {"job.cores", ams_cell_count(c->processors)},
        {"job.launcher_cores", ams_cell_if(c->launcher > 0, ams_cell_count(c->launcher))},
        {"folder.file_system", ams_cell_text(c->file_system)},
        {"folder.writable", ams_cell_flag(c->writable)},
        {"folder.locks", ams_cell_if(c->writable, ams_cell_flag(c->locks))},
        {"folder.links", ams_cell_if(c->writable, ams_cell_flag(c->links))});
}
