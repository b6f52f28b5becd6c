#include "lab/bench/kernels.h"

#include "ams/train.h"
#include "base/memory.h"
#include "lab/bench/figures.h"

#include <jansson.h>
#include <stdlib.h>

const uint32_t ams_bench_block_threads[AMS_BENCH_BLOCKS] = {64, 128, 256};

/* The launches of the trainer's updates, as rows of the table. */
static ams_status time_launches(ams_trainer *t, uint32_t batch, uint32_t rounds,
                                ams_kernel_table *result, ams_error *err)
{
    ams_cuda_launch launch[AMS_CUDA_MOST_LAUNCHES];
    ams_kernel_row *row = result->row + result->n;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    for (int k = 0; k < AMS_BENCH_BLOCKS; k++) {
        AMS_TRY(ams_cuda_time_launches(t, ams_bench_block_threads[k], rounds, launch, &n, err));
        for (uint32_t i = 0; i < n; i++) {
            row[i].batch = batch;
            row[i].blocks = launch[i].blocks;
            row[i].work = launch[i].work;
            row[i].us[k] = launch[i].us;
        }
    }
    result->n += n;
out:
    return status;
}

static ams_status of_batch(const ams_table *table, const ams_accelerator *gpu, uint32_t batch,
                           uint32_t rounds, ams_kernel_table *result, ams_error *err)
{
    ams_train_options o;
    ams_env *env = NULL;
    ams_trainer *t = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_bench_paper_options(&o, batch, 1, 0, err));
    const ams_env_options options = ams_train_env_options(&o);
    AMS_TRY(ams_env_create(&env, table, &options, err));
    AMS_TRY(ams_trainer_create(&t, env, &o, NULL, err));
    AMS_TRY(ams_trainer_accelerate(t, gpu, err));
    AMS_TRY(ams_trainer_advance(t, 1, err)); /* fills the replay */
    status = time_launches(t, batch, rounds, result, err);
out:
    ams_trainer_destroy(t);
    ams_env_destroy(env);
    return status;
}

ams_status ams_bench_kernels(const ams_bench_options *options, const ams_table *table,
                             uint32_t rounds, ams_kernel_table *result, ams_error *err)
{
    ams_accelerator gpu = ams_cuda;
    ams_cuda_device device;
    ams_status status = AMS_OK;
    *result = (ams_kernel_table){.n = 0};
    gpu.number = options->gpu;
    AMS_TRY(ams_cuda_find(options->gpu, &device, err));
    snprintf(result->device, sizeof result->device, "%s", device.name);
    AMS_TRY(ams_alloc(&result->row, (size_t)options->n_batches * AMS_CUDA_MOST_LAUNCHES,
                      sizeof *result->row, "launches", err));
    for (uint32_t b = 0; b < options->n_batches; b++) {
        AMS_TRY(of_batch(table, &gpu, options->batch[b], rounds, result, err));
    }
out:
    return status;
}

void ams_bench_kernels_fini(ams_kernel_table *table)
{
    free(table->row);
    *table = (ams_kernel_table){.n = 0};
}

void ams_bench_kernels_write(const ams_kernel_table *table, const char *commit, FILE *stream)
{
    fprintf(stream, "batch\tlaunch\tblocks\tthreads\tus\tcommit\tdevice\n");
    for (size_t r = 0; r < table->n; r++) {
        const ams_kernel_row *row = &table->row[r];
        for (int k = 0; k < AMS_BENCH_BLOCKS; k++) {
            fprintf(stream, "%u\t%s\t%u\t%u\t%.3f\t%s\t%s\n", row->batch, row->work,
                    row->blocks, ams_bench_block_threads[k], row->us[k], commit, table->device);
        }
    }
}

ams_status ams_bench_kernels_write_json(const ams_kernel_table *table, const char *commit,
                                        FILE *stream, ams_error *err)
{
    json_t *rows = json_array();
    for (size_t r = 0; r < table->n; r++) {
        const ams_kernel_row *row = &table->row[r];
        for (int k = 0; k < AMS_BENCH_BLOCKS; k++) {
            json_array_append_new(
                rows, json_pack("{s:i, s:s, s:i, s:i, s:f}", "batch", (int)row->batch, "launch",
                                row->work, "blocks", (int)row->blocks, "threads",
                                (int)ams_bench_block_threads[k], "us", row->us[k]));
        }
    }
    json_t *root =
        json_pack("{s:s, s:s, s:o}", "commit", commit, "device", table->device, "rows", rows);
    const bool written = root != NULL && json_dumpf(root, stream, JSON_INDENT(2)) == 0 &&
                         fputc('\n', stream) != EOF;
    json_decref(root);
    return written ? AMS_OK : ams_fail(err, AMS_IO, "cannot write the table as JSON");
}
