// SPDX-License-Identifier: BSD-3-Clause
// The audit finds a flipped bit in any node's parameters, and says whose and where; it finds nothing where nothing is.
#include "trainer_fixture.h"

#include "elbow/train/detail/engine.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

// The first element of the last tensor.
static const size_t IN_THE_LAST = SIZE_MAX;

// Collective. Takes the steps of a run; after step `step` a rank flips a bit of element `element` in its node's copy.
static enum elbow_status run_with_flip(struct fixture *fixture, int rank, uint64_t step, size_t element, uint64_t *end)
{
    struct elbow_train_plan plan = {.comm = mpi_comm, .log = &fixture->log, .config = fixture->config};
    struct elbow_engine engine = {0};
    fixture->error = (struct elbow_error){0};
    enum elbow_status status = elbow_engine_open(&engine, &plan, &fixture->error);
    if (status == ELBOW_OK && element == IN_THE_LAST)
        element = engine.model->parameters.tensors[engine.model->parameters.count - 1].offset;
    while (status == ELBOW_OK && engine.state.step < plan.sequence.last_step) {
        status = elbow_engine_step(&engine, &fixture->error);
        elbow_comm_barrier(mpi_comm); // no rank begins the next step before the flip
        float *values = (float *)(uintptr_t)elbow_exchange_parameters(engine.exchange);
        if (status == ELBOW_OK && engine.state.step == step && plan.place.rank == rank) {
            uint32_t bits;
            memcpy(&bits, &values[element], sizeof bits);
            bits ^= 1;
            memcpy(&values[element], &bits, sizeof bits);
        }
        elbow_comm_barrier(mpi_comm);
    }
    *end = engine.state.step;
    if (status == ELBOW_OK)
        status = elbow_audit_check(&engine.audit, engine.state.step, &fixture->error);
    elbow_engine_clear(&engine);
    elbow_train_plan_clear(&plan);
    return status;
}

// From now on memory cannot be shared, as where /dev/shm is full: its file would be too large. Or it can again.
static void forbid_sharing(bool forbid)
{
    enum { BYTES = 1 << 19 }; // less than a window takes beside its contents
    static struct rlimit before;
    if (!forbid) {
        setrlimit(RLIMIT_FSIZE, &before);
        return;
    }
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {.rlim_cur = BYTES, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void prepare(struct fixture *fixture, const char *nodes, const char *audit)
{
    trainer_setup(fixture);
    set(fixture, "train.epochs=0");
    set(fixture, "train.steps=9");
    set(fixture, "run.bucket=1");
    set(fixture, nodes);
    set(fixture, audit);
}

static const char *nodes_of(const char *two, const char *three, const char *four)
{
    const char *nodes[] = {"run.nodes=[0]", two, three, four};
    return nodes[elbow_comm_place(mpi_comm).size - 1];
}

// In the one copy that all ranks of a node share.
START_TEST(a_flip_in_the_shared_copy_is_found)
{
    struct fixture fixture;
    uint64_t end;
    prepare(&fixture, "run.nodes=[]", "run.audit=1");
    int last = elbow_comm_place(mpi_comm).size - 1;
    mpi_assert(run_with_flip(&fixture, last, 5, 0, &end) == ELBOW_NUMBERS);
    mpi_assert(end == 5);
    // Rank zero owns the only block.
    const char *expected = "step 5: the parameters on node 0 are not those that their owner, rank 0, wrote: "
                           "encoder.0/weight, elements 0 to ";
    mpi_assert(strstr(fixture.error.message, expected) != NULL);
    trainer_teardown(&fixture);
}
END_TEST

// In the copy of a pretended node that does not own the flipped element.
START_TEST(a_flip_on_one_node_is_found)
{
    struct fixture fixture;
    uint64_t end;
    int size = elbow_comm_place(mpi_comm).size;
    prepare(&fixture, nodes_of("run.nodes=[0,1]", "run.nodes=[0,0,1]", "run.nodes=[0,0,1,1]"), "run.audit=3");
    mpi_assert(run_with_flip(&fixture, size - 1, 6, 0, &end) == ELBOW_NUMBERS);
    mpi_assert(end == 6);
    char expected[64];
    snprintf(expected, sizeof expected, "step 6: the parameters on node %d are not those", size > 1 ? 1 : 0);
    mpi_assert(strstr(fixture.error.message, expected) != NULL);
    trainer_teardown(&fixture);
}
END_TEST

// If memory is not shared, every rank has a copy, and a flip in any of them is found, in the first tensor or in the
// last.
START_TEST(a_flip_in_any_private_copy_is_found)
{
    struct fixture fixture;
    uint64_t end;
    for (int rank = 0; rank < elbow_comm_place(mpi_comm).size; ++rank) {
        prepare(&fixture, nodes_of("run.nodes=[0,0]", "run.nodes=[0,0,0]", "run.nodes=[0,0,0,0]"), "run.audit=3");
        for (int i = 0; i < 2; ++i) {
            forbid_sharing(true);
            enum elbow_status status = run_with_flip(&fixture, rank, 6, i == 0 ? 0 : IN_THE_LAST, &end);
            forbid_sharing(false);
            mpi_assert(status == ELBOW_NUMBERS);
            mpi_assert(end == 6);
            char reader[64];
            snprintf(reader, sizeof reader, ", as read by rank %d;", rank);
            mpi_assert(strstr(fixture.error.message, reader) != NULL);
            mpi_assert(strstr(fixture.error.message, i == 0 ? "encoder.0/weight, " : "decoder.head/bias, ") != NULL);
        }
        trainer_teardown(&fixture);
    }
}
END_TEST

// After the last step, too.
START_TEST(the_last_step_is_audited)
{
    struct fixture fixture;
    uint64_t end;
    prepare(&fixture, "run.nodes=[]", "run.audit=9");
    mpi_assert(run_with_flip(&fixture, 0, 9, 0, &end) == ELBOW_NUMBERS);
    mpi_assert(end == 9);
    trainer_teardown(&fixture);
}
END_TEST

START_TEST(sound_memory_passes)
{
    struct fixture fixture;
    uint64_t end;
    prepare(&fixture, nodes_of("run.nodes=[0,1]", "run.nodes=[0,1,0]", "run.nodes=[0,1,0,1]"), "run.audit=1");
    mpi_assert(run_with_flip(&fixture, 0, 1000, 0, &end) == ELBOW_OK); // that step never comes
    mpi_assert(end == 9);
    trainer_teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("run/audit", a_flip_in_the_shared_copy_is_found, a_flip_on_one_node_is_found,
              a_flip_in_any_private_copy_is_found, the_last_step_is_audited, sound_memory_passes)
