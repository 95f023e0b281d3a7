// SPDX-License-Identifier: BSD-3-Clause
// Training with data that come ahead: the same run, each microbatch foretold, and no thread is no reason to stop.
#include "elbow/base/thread.h"
#include "trainer_fixture.h"

#include "elbow/train/detail/engine.h"

// Collective. The last checkpoint of a run of the fixture, on rank zero; to be freed.
static void *last_checkpoint(struct fixture *fixture, const char *prefetch, size_t *size)
{
    forget_run(fixture);
    set(fixture, prefetch);
    mpi_assert(start(fixture) == ELBOW_OK);
    return run_bytes(fixture, "checkpoints/step-00000004.h5", size);
}

START_TEST(a_run_is_the_same_with_and_without)
{
    struct fixture fixture;
    trainer_setup(&fixture);
    size_t sizes[3], blocks = elbow_memory_count().blocks;
    void *without = last_checkpoint(&fixture, "run.prefetch=off", &sizes[0]);
    void *with = last_checkpoint(&fixture, "run.prefetch=on", &sizes[1]);
    mpi_assert(!is_root() || (sizes[0] == sizes[1] && memcmp(without, with, sizes[0]) == 0));
    // The last rank gets no thread.
    struct elbow_place place = elbow_comm_place(mpi_comm);
    elbow_thread_fail_at(place.rank == place.size - 1 ? 1 : 0);
    void *failed = last_checkpoint(&fixture, "run.prefetch=on", &sizes[2]);
    elbow_thread_fail_at(0);
    mpi_assert(!is_root() || (sizes[0] == sizes[2] && memcmp(without, failed, sizes[0]) == 0));
    mpi_assert(elbow_memory_count().blocks == blocks);
    free(without);
    free(with);
    free(failed);
    trainer_teardown(&fixture);
}
END_TEST

// Collective. Takes all steps of a run without a directory.
static struct elbow_prefetch_counts count_microbatches(struct fixture *fixture)
{
    struct elbow_train_plan plan = {.comm = mpi_comm, .log = &fixture->log, .config = fixture->config};
    struct elbow_engine engine = {0};
    struct elbow_error error = {0};
    mpi_assert(elbow_engine_open(&engine, &plan, &error) == ELBOW_OK);
    elbow_engine_introduce(&engine, 0, 0);
    while (engine.state.step < plan.sequence.last_step)
        elbow_engine_step(&engine, &error);
    struct elbow_prefetch_counts counts = elbow_prefetch_count(engine.prefetch);
    elbow_engine_clear(&engine);
    elbow_train_plan_clear(&plan);
    return counts;
}

START_TEST(every_microbatch_but_the_first_comes_ahead)
{
    // Batches of four microbatches and of the whole set; last batches of two, of one short one, and none.
    static const char *const batches[] = {"train.batch=8", "train.batch=11", "train.batch=12", "train.batch=100"};
    struct fixture fixture;
    trainer_setup(&fixture);
    set(&fixture, "run.prefetch=on");
    set(&fixture, "train.epochs=3");
    for (size_t i = 0; i < sizeof batches / sizeof *batches; ++i) {
        set(&fixture, batches[i]);
        struct elbow_prefetch_counts counts = count_microbatches(&fixture);
        mpi_assert(counts.late == 1);
        mpi_assert(counts.ahead >= 2); // at least one per step, except in short batches
    }
    set(&fixture, "run.prefetch=off");
    mpi_assert(count_microbatches(&fixture).ahead == 0);
    trainer_teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("run/trainer, data ahead", a_run_is_the_same_with_and_without, every_microbatch_but_the_first_comes_ahead)
