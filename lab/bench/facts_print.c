/* `ams doctor` for people. */
#include "lab/bench/facts.h"

#include "base/version.h"

static const char NO_GNUPLOT[] = "not found: apt-get install gnuplot-nox (ams plot needs it)";

static void print_cuda(const ams_facts *f, FILE *stream)
{
    if (f->no_cuda.text[0] != 0) {
        fprintf(stream, "CUDA      %s\n", f->no_cuda.text);
        return;
    }
    fprintf(
        stream,
        "CUDA      %s, compute capability %d.%d, %.1f GiB; toolkit %d.%d, driver for %d.%d\n",
        f->cuda.name, f->cuda.major, f->cuda.minor, f->cuda.memory_gib, f->cuda.runtime / 1000,
        f->cuda.runtime % 1000 / 10, f->cuda.driver / 1000, f->cuda.driver % 1000 / 10);
    fprintf(stream,
            "          ams train --device cuda has never been run on a GPU by its authors\n");
}

static void print_job(const ams_cluster_facts *c, FILE *stream)
{
    fprintf(stream, "MPI       %s\n",
            c->mpirun[0] == 0 ? "not found: apt-get install openmpi-bin (ams-mpi needs it)"
                              : c->mpirun);
    if (c->place.launcher == NULL) {
        fprintf(stream, "job       none: one process; cores for it: %u\n", c->processors);
        return;
    }
    fprintf(stream, "job       %s: rank %u of %u", c->place.launcher, c->place.rank,
            c->place.size);
    if (c->place.here > 0) {
        fprintf(stream, ", %u on this machine", c->place.here);
    }
    fprintf(stream, "; cores per rank: %u\n", c->processors);
    if (c->bound_short) {
        fprintf(stream,
                "          bound to them, where the job has %u for its %u here: mpirun "
                "--bind-to none\n          lets ranks share all\n",
                c->launcher, c->place.here);
    }
}

static void print_folder(const ams_cluster_facts *c, FILE *stream)
{
    if (!c->writable) {
        fprintf(stream, "folder    on %s; cannot be written to\n", c->file_system);
        return;
    }
    fprintf(stream, "folder    on %s; locks %s, links %s\n", c->file_system,
            c->locks ? "work" : "do not work", c->links ? "work" : "do not work");
    if (!c->locks) {
        fprintf(stream,
                "          set HDF5_USE_FILE_LOCKING=FALSE; for sweeps on many machines "
                "see\n          docs/many-machines.md, \"What is assumed\"\n");
    }
}

void ams_facts_print(const ams_facts *f, FILE *stream)
{
    fprintf(stream, "ams       %s, compiled by %s\n", ams_version, ams_compiler);
    fprintf(stream, "HDF5      %u.%u.%u\n", f->hdf5[0], f->hdf5[1], f->hdf5[2]);
    fprintf(stream, "OpenBLAS  %s\n", f->blas);
    fprintf(stream, "          kernels: %s\n", f->cpu.blas_kernel);
    if (f->cpu.better_kernel != NULL) {
        fprintf(
            stream,
            "          this CPU also has AVX-512 kernels: set OPENBLAS_CORETYPE=%s before\n"
            "          the program starts. With them, backend=dense made 1.4 to 1.5 times as "
            "many\n"
            "          updates per second (docs/speed.md); its results round differently\n",
            f->cpu.better_kernel);
    }
    fprintf(stream, "CPU       %s\n", f->cpu.name);
    fprintf(stream, "          avx2 %s, fma %s, avx512f %s; updates use vectors of %u bits\n",
            f->cpu.avx2 ? "yes" : "no", f->cpu.fma ? "yes" : "no",
            f->cpu.avx512f ? "yes" : "no", f->cpu.vector_bits);
    fprintf(stream, "cores     %ld\n", f->cores);
    fprintf(stream, "memory    %.1f GiB\n", f->memory_gib);
    print_cuda(f, stream);
    print_job(&f->cluster, stream);
    print_folder(&f->cluster, stream);
    fprintf(stream, "gnuplot   %s\n", f->gnuplot[0] == 0 ? NO_GNUPLOT : f->gnuplot);
}
