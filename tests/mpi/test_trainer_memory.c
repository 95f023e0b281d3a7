// SPDX-License-Identifier: BSD-3-Clause
// No failing allocation on one rank of a run makes the other ranks wait, disagree with it, or leak.
#include "trainer_fixture.h"

#include "elbow/base/file.h"
#include "elbow/parallel/collectives.h"

// Every allocation; every third one where a sanitizer makes all that slow.
#ifdef __SANITIZE_ADDRESS__
enum { STRIDE = 3 };
#else
enum { STRIDE = 1 };
#endif

// Collective. A run directory with nothing but this checkpoint of step 2.
static void plant_run(struct fixture *fixture, const void *bytes, size_t size)
{
    char path[400];
    struct elbow_error error = {0};
    forget_run(fixture);
    if (is_root() && bytes != NULL) {
        snprintf(path, sizeof path, "%s/checkpoints", fixture->run);
        elbow_file_make_directory(path, &error);
        snprintf(path, sizeof path, "%s/checkpoints/step-00000002.h5", fixture->run);
        scratch_write(path, bytes, size);
    }
    mpi_assert(error.status == ELBOW_OK);
}

// Collective. Runs again and again, with the n-th allocation failing on rank `culprit` alone, for every n.
static void fail_everywhere(struct fixture *fixture, const char *what, int culprit, const void *checkpoint, size_t size)
{
    bool is_culprit = elbow_comm_place(mpi_comm).rank == culprit;
    int failed = 0, tried = 0;
    for (uint64_t n = 0, count = 0; n <= count; n += n == 0 ? 1 : STRIDE) {
        if (fixture->request.resume == ELBOW_RESUME_ALWAYS)
            plant_run(fixture, checkpoint, size);
        else
            forget_run(fixture);
        struct elbow_memory_counts before = elbow_memory_count();
        if (is_culprit)
            elbow_memory_fail_at(n);
        enum elbow_status status = start(fixture);
        elbow_memory_fail_at(0);
        struct elbow_memory_counts after = elbow_memory_count();
        if (after.blocks != before.blocks)
            fprintf(stderr, "%s: allocation %llu of rank %d failing: rank %d keeps %lld blocks (%s)\n", what,
                    (unsigned long long)n, culprit, elbow_comm_place(mpi_comm).rank,
                    (long long)(after.blocks - before.blocks), fixture->error.message);
        mpi_assert(after.blocks == before.blocks);
        if (n == 0) { // the run without a failure
            mpi_assert(status == ELBOW_OK);
            double allocations = is_culprit ? (double)(after.allocations - before.allocations) : 0;
            elbow_comm_max(mpi_comm, &allocations, 1);
            count = (uint64_t)allocations;
            continue;
        }
        mpi_assert(status == ELBOW_OK || status == ELBOW_MEMORY || status == ELBOW_OUTPUT);
        ++tried;
        failed += status != ELBOW_OK;
    }
    if (is_root())
        printf("%s: %d failing allocations of rank %d tried, %d of them ended the run or its output\n", what, tried,
               culprit, failed);
    mpi_assert(tried > 20 && failed > tried / 2);
}

static int last_rank(void)
{
    return elbow_comm_place(mpi_comm).size - 1;
}

static void fail_on_ranks(struct fixture *fixture, const char *what, const void *checkpoint, size_t size)
{
    int last = last_rank();
    fail_everywhere(fixture, what, 0, checkpoint, size);
    if (last > 0)
        fail_everywhere(fixture, what, last, checkpoint, size);
}

// Collective. Few steps, each with all that can happen at a step; the bytes of the checkpoint of step 2 on rank zero.
static void *prepare_failures(struct fixture *fixture, size_t *size)
{
    trainer_setup(fixture);
    set(fixture, "train.epochs=1");
    mpi_assert(start(fixture) == ELBOW_OK);
    return run_bytes(fixture, "checkpoints/step-00000002.h5", size);
}

START_TEST(no_allocation_fails_a_new_run_badly)
{
    struct fixture fixture;
    size_t size;
    free(prepare_failures(&fixture, &size));
    fail_on_ranks(&fixture, "a new run", NULL, 0);
    trainer_teardown(&fixture);
}
END_TEST

// Every rank on a node of its own: gradients and parameters travel as messages, and all is traced.
START_TEST(no_allocation_fails_a_run_on_many_nodes_badly)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    size_t size, ranks = (size_t)elbow_comm_place(mpi_comm).size;
    int64_t nodes[] = {0, 1, 2, 3}, one[] = {0, 0, 0, 0};
    mpi_assert(ranks <= 4 && elbow_comm_pretend(mpi_comm, nodes, ranks, &error) == ELBOW_OK);
    free(prepare_failures(&fixture, &size));
    char trace[400];
    snprintf(trace, sizeof trace, "%s/trace.json", fixture.scratch.directory);
    fixture.request.trace = trace;
    fixture.request.trace_force = true; // one run after the other writes it
    fixture.request.trace_first = 1;
    fixture.request.trace_last = UINT64_MAX;
    fail_everywhere(&fixture, "a new run on many nodes", last_rank(), NULL, 0);
    trainer_teardown(&fixture);
    mpi_assert(elbow_comm_pretend(mpi_comm, one, ranks, &error) == ELBOW_OK);
}
END_TEST

START_TEST(no_allocation_fails_a_warm_start_badly)
{
    struct fixture fixture;
    size_t size;
    char path[400];
    void *checkpoint = prepare_failures(&fixture, &size);
    snprintf(path, sizeof path, "%s/init.h5", fixture.scratch.directory);
    if (is_root())
        scratch_write(path, checkpoint, size);
    elbow_comm_barrier(mpi_comm);
    free(checkpoint);
    fixture.request.init = path;
    set(&fixture, "model.output_bias=data");
    fail_everywhere(&fixture, "a warm start", last_rank(), NULL, 0); // rank zero reads as it does for a resume
    trainer_teardown(&fixture);
}
END_TEST

START_TEST(no_allocation_fails_a_resume_badly)
{
    struct fixture fixture;
    size_t size;
    void *checkpoint = prepare_failures(&fixture, &size);
    set(&fixture, "train.epochs=2");
    set(&fixture, "train.steps=3");
    fixture.request.resume = ELBOW_RESUME_ALWAYS;
    fail_on_ranks(&fixture, "a resumed run", checkpoint, size);
    free(checkpoint);
    trainer_teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("run/trainer, memory", no_allocation_fails_a_new_run_badly, no_allocation_fails_a_run_on_many_nodes_badly,
              no_allocation_fails_a_warm_start_badly, no_allocation_fails_a_resume_badly)
