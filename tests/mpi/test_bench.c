// SPDX-License-Identifier: BSD-3-Clause
// The benchmark through the struct interface: its figures, that steps allocate nothing, that it writes nothing, and
// that no failing allocation makes the ranks wait, disagree or leak.
#include "elbow/base/memory.h"
#include "elbow/bench/bench.h"
#include "elbow/data/hdf5.h"
#include "elbow/parallel/collectives.h"
#include "mpi_unit.h"
#include "scratch.h"

#include <math.h>
#include <unistd.h>

enum { VALUES = 6 * 7, LATENT = 3, HIDDEN = 9, BATCH = 22, MICROBATCH = 4 };

static struct elbow_config make_config(const char *const *settings)
{
    struct elbow_config config;
    struct elbow_error error = {0};
    static const char *const common[] = {
        "data.synthetic=70", // three full batches and a short one
        "data.shape=[6, 7]",  "model.latent=3", "model.encoder=[dense: {units: 9}]", "train.batch=22",
        "train.microbatch=4", // the last of six has two rows
    };
    elbow_config_default(&config);
    for (size_t i = 0; i < sizeof common / sizeof *common; ++i)
        mpi_assert(elbow_config_set(&config, common[i], &error) == ELBOW_OK);
    for (; *settings != NULL; ++settings)
        mpi_assert(elbow_config_set(&config, *settings, &error) == ELBOW_OK);
    mpi_assert(elbow_config_finish(&config, "test", &error) == ELBOW_OK);
    return config;
}

// Collective. One round of the benchmark.
static enum elbow_status run(const struct elbow_config *config, struct elbow_bench_result *result,
                             struct elbow_error *error)
{
    struct elbow_log log = elbow_log_open(false, stdout);
    struct elbow_bench_request request = {.config = config, .rounds = 1};
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_bench(mpi_comm, &request, &log, result, error);
    elbow_log_close(&log);
    return status;
}

static void check_figures(const struct elbow_bench_result *result)
{
    bool ordered = true, positive = true;
    for (int f = 0; f < ELBOW_BENCH_COUNT; ++f) {
        const struct elbow_bench_time *time = &result->times[f];
        ordered = ordered && time->least <= time->median && time->median <= time->most &&
                  time->lower_quartile <= time->upper_quartile;
        // If a rank has nothing to add or to optimise, the call itself takes the time.
        bool is_there = f != ELBOW_BENCH_READ_OVER_FLOOR || result->page_bytes > 0; // noise lies in no pages
        positive = positive && isfinite(time->median) && (time->median > 0) == is_there;
    }
    mpi_assert(ordered);
    mpi_assert(positive);
    // A part of a step cannot take longer than the step. On a busy machine one round may be wrong by a factor of ten; a
    // time of all passes instead of the mean of thousands of them is found all the same.
    mpi_assert(result->times[ELBOW_BENCH_COMPUTE].least < 100 * result->times[ELBOW_BENCH_STEP].most);
}

START_TEST(figures_are_those_of_the_configuration)
{
    struct elbow_config config = make_config((const char *const[]){NULL});
    struct elbow_bench_result result;
    struct elbow_error error;
    mpi_assert(run(&config, &result, &error) == ELBOW_OK);
    mpi_assert(result.place.size == elbow_comm_place(mpi_comm).size);
    mpi_assert(result.batch == BATCH && result.microbatch == MICROBATCH && result.microbatches == 6);
    mpi_assert(result.parameters == (VALUES + 1) * HIDDEN + (HIDDEN + 1) * 2 * LATENT + (LATENT + 1) * VALUES);
    // Forward, gradients of the weights, and gradients of inputs except the first layer's: 2 operations per
    // multiply-add.
    double forward = VALUES * HIDDEN + HIDDEN * 2 * LATENT + LATENT * VALUES;
    mpi_assert(result.operations == 2.0 * BATCH * (3 * forward - VALUES * HIDDEN));
    check_figures(&result);
}
END_TEST

START_TEST(all_ranks_get_the_same_result)
{
    struct elbow_config config = make_config((const char *const[]){NULL});
    struct elbow_bench_result result;
    struct elbow_error error;
    mpi_assert(run(&config, &result, &error) == ELBOW_OK);
    for (int f = 0; f < ELBOW_BENCH_COUNT; ++f) {
        double range[] = {-result.times[f].median, result.times[f].median};
        elbow_comm_max(mpi_comm, range, 2);
        mpi_assert(-range[0] == range[1]);
    }
}
END_TEST

START_TEST(steps_allocate_nothing)
{
    static const char *const kinds[][3] = {
        {NULL},
        {"data.binarize=sample", "train.clip=1.0", NULL},
        {"model.likelihood=gaussian", "model.learn_variance=true", NULL},
        {"train.optimizer=sgd", "objective.free_bits=0.1", NULL},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
        struct elbow_config config = make_config(kinds[i]);
        struct elbow_bench_result result;
        struct elbow_error error;
        mpi_assert(run(&config, &result, &error) == ELBOW_OK);
        mpi_assert(result.allocations == 0);
    }
}
END_TEST

START_TEST(nothing_is_written)
{
    struct scratch scratch = scratch_make();
    const char *directory = scratch.directory;
    char before[4096];
    struct elbow_config config = make_config((const char *const[]){NULL});
    struct elbow_bench_result result;
    struct elbow_error error;
    mpi_assert(getcwd(before, sizeof before) != NULL && chdir(directory) == 0);
    mpi_assert(run(&config, &result, &error) == ELBOW_OK);
    mpi_assert(chdir(before) == 0);
    mpi_assert(rmdir(directory) == 0); // refused for a directory that is not empty
}
END_TEST

START_TEST(a_batch_that_is_the_dataset_and_too_few_microbatches)
{
    struct elbow_config config = make_config((const char *const[]){"data.synthetic=22", NULL});
    struct elbow_bench_result result;
    struct elbow_error error;
    mpi_assert(run(&config, &result, &error) == ELBOW_OK);
    mpi_assert(result.batch == BATCH);
    config.train.microbatch = BATCH;
    enum elbow_status expected = elbow_comm_place(mpi_comm).size > 1 ? ELBOW_CONFIG : ELBOW_OK;
    mpi_assert(run(&config, &result, &error) == expected);
}
END_TEST

enum { ROWS = 220, PAGE_ROWS = 5 };

// Rank zero. ROWS rows of VALUES numbers.
static void write_rows(const char *path)
{
    static float rows[ROWS * VALUES];
    const struct elbow_hdf5_layout layout = {.chunk_rows = PAGE_ROWS};
    uint64_t shape[] = {ROWS, VALUES};
    struct elbow_hdf5 *file = NULL;
    struct elbow_error error = {0};
    for (size_t i = 0; i < ROWS * VALUES; ++i)
        rows[i] = (float)(i % 97) / 97;
    elbow_hdf5_create(path, true, &file, &error);
    elbow_hdf5_create_dataset(file, "/x", ELBOW_ELEMENT_FLOAT32, 2, shape, layout, &error);
    elbow_hdf5_write_rows(file, "/x", ELBOW_ELEMENT_FLOAT32, 0, ROWS, rows, &error);
    elbow_hdf5_close(file, &error);
    ck_assert_msg(error.status == ELBOW_OK, "%s", error.message);
}

START_TEST(pages_are_read)
{
    bool is_root = elbow_comm_place(mpi_comm).rank == 0;
    struct scratch scratch = {0};
    char path[512] = "", train[600];
    if (is_root) {
        scratch = scratch_make();
        snprintf(path, sizeof path, "%s", scratch_path(&scratch, "rows.h5"));
    }
    elbow_comm_broadcast(mpi_comm, path, sizeof path);
    if (is_root)
        write_rows(path);
    elbow_comm_barrier(mpi_comm);
    snprintf(train, sizeof train, "data.train=%s:/x", path);
    struct elbow_config config =
        make_config((const char *const[]){"data.synthetic=0", train, "data.order=windows", "data.access=stream",
                                          "data.page_rows=5", "data.window_pages=2", NULL});
    struct elbow_bench_result result;
    struct elbow_error error;
    mpi_assert(run(&config, &result, &error) == ELBOW_OK);
    mpi_assert(result.page_bytes == PAGE_ROWS * VALUES * sizeof(float));
    check_figures(&result);
    elbow_comm_barrier(mpi_comm);
    if (is_root)
        scratch_clear(&scratch);
}
END_TEST

START_TEST(every_allocation_failing_on_one_rank)
{
    struct elbow_config config = make_config((const char *const[]){NULL});
    struct elbow_place place = elbow_comm_place(mpi_comm);
    size_t blocks = elbow_memory_count().blocks;
    enum elbow_status status = ELBOW_MEMORY;
    for (uint64_t n = 1; status != ELBOW_OK; ++n) {
        struct elbow_bench_result result;
        struct elbow_error error;
        elbow_memory_fail_at(place.rank == (int)n % place.size ? n : 0);
        status = run(&config, &result, &error);
        elbow_memory_fail_at(0);
        double range[] = {-(double)status, (double)status};
        elbow_comm_max(mpi_comm, range, 2);
        mpi_assert(-range[0] == range[1]);
        mpi_assert(status == ELBOW_OK || (status == ELBOW_MEMORY && error.message[0] != 0));
        mpi_assert(elbow_memory_count().blocks == blocks);
        mpi_assert(n < 1000);
    }
}
END_TEST

MPI_UNIT_MAIN("run/bench", figures_are_those_of_the_configuration, all_ranks_get_the_same_result,
              steps_allocate_nothing, nothing_is_written, a_batch_that_is_the_dataset_and_too_few_microbatches,
              pages_are_read, every_allocation_failing_on_one_rank)
