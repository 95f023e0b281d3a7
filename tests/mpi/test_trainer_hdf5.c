// SPDX-License-Identifier: BSD-3-Clause
// No failing call of libhdf5 on one rank of a run makes the other ranks wait, disagree with it, or leak; a later start
// leaves the files of an undisturbed run.
#include "hdf5_faults.h"
#include "trainer_fixture.h"

#include "elbow/base/file.h"
#include "elbow/parallel/collectives.h"

// So many failing calls are tried, spread over all, so that the test stays short; ELBOW_TEST_STRIDE=1 tries each.
#ifdef __SANITIZE_ADDRESS__
enum { TRIES = 20 };
#else
enum { TRIES = 60 };
#endif

static uint64_t stride(uint64_t calls)
{
    const char *asked = getenv("ELBOW_TEST_STRIDE");
    uint64_t value = asked == NULL ? calls / TRIES : strtoull(asked, NULL, 10);
    return value > 0 ? value : 1;
}

struct trial {
    struct fixture *fixture;
    const char *what;
    void *planted; // the checkpoint of step 2 from which a run continues; NULL for a new run
    size_t planted_size;
    void *last; // that of step 4, undisturbed
    size_t last_size;
};

// Collective. A run directory with nothing but the planted checkpoint, if any.
static void plant(struct trial *trial)
{
    char path[400];
    struct elbow_error error = {0};
    forget_run(trial->fixture);
    if (is_root() && trial->planted != NULL) {
        snprintf(path, sizeof path, "%s/checkpoints", trial->fixture->run);
        elbow_file_make_directory(path, &error);
        snprintf(path, sizeof path, "%s/checkpoints/step-00000002.h5", trial->fixture->run);
        scratch_write(path, trial->planted, trial->planted_size);
    }
    elbow_comm_barrier(mpi_comm);
    mpi_assert(error.status == ELBOW_OK);
}

// Collective. One run with the n-th call of rank `culprit` failing. Its status, and the calls that the culprit made.
static enum elbow_status run_failing(struct trial *trial, int culprit, uint64_t n, uint64_t *calls)
{
    bool is_culprit = elbow_comm_place(mpi_comm).rank == culprit;
    plant(trial);
    size_t blocks = elbow_memory_count().blocks;
    uint64_t before = hdf5_calls();
    if (is_culprit)
        hdf5_fail_at(n);
    enum elbow_status status = start(trial->fixture);
    hdf5_fail_at(0);
    double made = is_culprit ? (double)(hdf5_calls() - before) : 0;
    elbow_comm_max(mpi_comm, &made, 1);
    *calls = (uint64_t)made;
    bool is_kept = elbow_memory_count().blocks != blocks || hdf5_open_objects() != 0;
    if (is_kept)
        fprintf(stderr, "%s: call %llu of rank %d failing: rank %d keeps memory or HDF5 objects (%s)\n", trial->what,
                (unsigned long long)n, culprit, elbow_comm_place(mpi_comm).rank, trial->fixture->error.message);
    mpi_assert(!is_kept);
    return status;
}

// The last checkpoint is that of an undisturbed run.
static void check_outcome(const struct trial *trial, uint64_t n, const char *when)
{
    size_t size;
    void *bytes = run_bytes(trial->fixture, "checkpoints/step-00000004.h5", &size);
    bool is_same = !is_root() || (bytes != NULL && size == trial->last_size && memcmp(bytes, trial->last, size) == 0);
    free(bytes);
    if (!is_same)
        fprintf(stderr, "%s, call %llu failed: another last checkpoint %s\n", trial->what, (unsigned long long)n, when);
    mpi_assert(is_same);
}

// Collective. Started again, the run ends as an undisturbed one.
static void heal(struct trial *trial, uint64_t n)
{
    enum elbow_resume resume = trial->fixture->request.resume;
    trial->fixture->request.resume = ELBOW_RESUME_AUTO;
    enum elbow_status status = start(trial->fixture);
    trial->fixture->request.resume = resume;
    if (status != ELBOW_OK && is_root())
        fprintf(stderr, "%s, call %llu failed: started again: %s\n", trial->what, (unsigned long long)n,
                trial->fixture->error.message);
    mpi_assert(status == ELBOW_OK);
    check_outcome(trial, n, "when started again");
}

static void fail_everywhere(struct trial *trial, int culprit)
{
    uint64_t count, calls;
    int told = 0, tried = 0;
    mpi_assert(run_failing(trial, culprit, 0, &count) == ELBOW_OK);
    for (uint64_t n = 1; n <= count; n += stride(count), ++tried) {
        enum elbow_status status = run_failing(trial, culprit, n, &calls);
        bool is_fitting = status == ELBOW_OK || status == ELBOW_FILE || status == ELBOW_FORMAT ||
                          status == ELBOW_OUTPUT || status == ELBOW_MEMORY; // where libhdf5 can make no property list
        if (!is_fitting)
            fprintf(stderr, "%s, call %llu failed: %s\n", trial->what, (unsigned long long)n,
                    trial->fixture->error.message);
        mpi_assert(is_fitting);
        told += status != ELBOW_OK;
        if (status == ELBOW_OK)
            check_outcome(trial, n, "though nothing was told");
        else
            heal(trial, n);
    }
    if (is_root())
        printf("%s: %d of the %d calls of libhdf5 by rank %d made to fail, %d of them told by the status\n",
               trial->what, tried, (int)count, culprit, told);
    mpi_assert(count > 50 && told > tried / 4); // a failing close, or a question asked twice, may be of no consequence
}

static void fail_on_ranks(bool resumes, const char *what)
{
    struct fixture fixture;
    struct trial trial = {.fixture = &fixture, .what = what};
    trainer_setup(&fixture);
    set(&fixture, "checkpoint.keep=3");
    mpi_assert(start(&fixture) == ELBOW_OK);
    trial.last = run_bytes(&fixture, "checkpoints/step-00000004.h5", &trial.last_size);
    if (resumes) {
        trial.planted = run_bytes(&fixture, "checkpoints/step-00000002.h5", &trial.planted_size);
        fixture.request.resume = ELBOW_RESUME_ALWAYS;
    }
    int last = elbow_comm_place(mpi_comm).size - 1;
    fail_everywhere(&trial, 0);
    if (last > 0)
        fail_everywhere(&trial, last);
    free(trial.planted);
    free(trial.last);
    trainer_teardown(&fixture);
}

START_TEST(no_call_fails_a_new_run_badly)
{
    fail_on_ranks(false, "a new run");
}
END_TEST

START_TEST(no_call_fails_a_resume_badly)
{
    fail_on_ranks(true, "a resumed run");
}
END_TEST

MPI_UNIT_MAIN("run/trainer, libhdf5", no_call_fails_a_new_run_badly, no_call_fails_a_resume_badly)
