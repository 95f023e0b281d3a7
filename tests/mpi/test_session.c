// SPDX-License-Identifier: BSD-3-Clause
// The inputs of evaluation and encoding: a checkpoint, its model and the data to score. No failing allocation on one
// rank makes the others wait, disagree with it, or leak.
#include "elbow/evaluate/encoder.h"
#include "elbow/evaluate/session.h"
#include "elbow/parallel/collectives.h"
#include "trainer_fixture.h"

// A finished run of a few steps.
static void setup_run(struct fixture *fixture)
{
    trainer_setup(fixture);
    set(fixture, "train.epochs=1");
    mpi_assert(start(fixture) == ELBOW_OK);
}

// Collective. Opens a session, and returns the number of samples of its data; all ranks agree on status and sentence.
static enum elbow_status open_and_close(struct fixture *fixture, const char *data, const char *labels,
                                        uint64_t *samples)
{
    struct elbow_session session;
    struct elbow_session_request request = {
        .checkpoint = fixture->run, .wants_data = true, .data = data, .labels = labels};
    size_t blocks = elbow_memory_count().blocks;
    fixture->error = (struct elbow_error){0};
    enum elbow_status status = elbow_session_open(mpi_comm, &request, &fixture->log, &session, &fixture->error);
    *samples = session.dataset.samples;
    elbow_session_close(mpi_comm, &session);
    mpi_assert(elbow_memory_count().blocks == blocks);
    double smallest = (double)status, largest = (double)status;
    elbow_comm_min(mpi_comm, &smallest, 1);
    elbow_comm_max(mpi_comm, &largest, 1);
    mpi_assert(smallest == largest);
    mpi_assert(status == ELBOW_OK || (fixture->error.status == status && fixture->error.message[0] != 0));
    return status;
}

START_TEST(the_data_that_is_meant)
{
    struct fixture fixture;
    uint64_t samples;
    char location[400];
    setup_run(&fixture);
    mpi_assert(open_and_close(&fixture, NULL, NULL, &samples) == ELBOW_OK && samples == VALID);
    snprintf(location, sizeof location, "%s:/train", fixture.data);
    mpi_assert(open_and_close(&fixture, location, NULL, &samples) == ELBOW_OK && samples == SAMPLES);
    mpi_assert(open_and_close(&fixture, fixture.data, NULL, &samples) == ELBOW_OK && samples == VALID);
    trainer_teardown(&fixture);
}
END_TEST

START_TEST(data_that_do_not_fit)
{
    struct fixture fixture;
    uint64_t samples;
    char location[400], other[400];
    struct elbow_error error = {0};
    setup_run(&fixture);
    snprintf(other, sizeof other, "%s/other.h5", fixture.scratch.directory);
    if (is_root()) {
        struct elbow_hdf5 *file = NULL;
        const uint64_t shape[] = {2, VALUES + 1};
        const uint8_t values[2 * (VALUES + 1)] = {200};
        elbow_hdf5_create(other, true, &file, &error);
        elbow_hdf5_create_dataset(file, "/wider", ELBOW_ELEMENT_UINT8, 2, shape, (struct elbow_hdf5_layout){0}, &error);
        elbow_hdf5_write_rows(file, "/wider", ELBOW_ELEMENT_UINT8, 0, 2, values, &error);
        elbow_hdf5_close(file, &error);
    }
    mpi_assert(error.status == ELBOW_OK);
    snprintf(location, sizeof location, "%s:/wider", other);
    mpi_assert(open_and_close(&fixture, location, NULL, &samples) == ELBOW_MISMATCH);
    mpi_assert(strstr(fixture.error.message, "13 values") != NULL && strstr(fixture.error.message, "3 x 4") != NULL);
    snprintf(location, sizeof location, "%s:/missing", other);
    mpi_assert(open_and_close(&fixture, location, NULL, &samples) == ELBOW_FORMAT);
    mpi_assert(strstr(fixture.error.message, "/wider") != NULL);
    mpi_assert(open_and_close(&fixture, "/proc/none.h5:/x", NULL, &samples) == ELBOW_FILE);
    mpi_assert(open_and_close(&fixture, ":/x", NULL, &samples) == ELBOW_USAGE);
    mpi_assert(open_and_close(&fixture, NULL, "labels", &samples) == ELBOW_USAGE);
    mpi_assert(open_and_close(&fixture, NULL, "/missing", &samples) == ELBOW_FORMAT);
    fixture.run[strlen(fixture.run) - 1] = 'x';
    mpi_assert(open_and_close(&fixture, NULL, NULL, &samples) == ELBOW_FILE);
    trainer_teardown(&fixture);
}
END_TEST

// Collective. From the checkpoint to a file of encodings.
static enum elbow_status encode(struct fixture *fixture, const char *path)
{
    struct elbow_session session;
    struct elbow_session_request request = {.checkpoint = fixture->run, .wants_data = true};
    fixture->error = (struct elbow_error){0};
    enum elbow_status status = elbow_session_open(mpi_comm, &request, &fixture->log, &session, &fixture->error);
    if (status == ELBOW_OK) {
        struct elbow_evaluation_request wanted = {.comm = mpi_comm,
                                                  .model = session.model,
                                                  .parameters = session.checkpoint.values,
                                                  .dataset = &session.dataset,
                                                  .config = &session.checkpoint.config,
                                                  .terms = {.beta = 1},
                                                  .importance = 2};
        status = elbow_encode(&wanted, &(struct elbow_encode_output){.path = path, .publish = ELBOW_PUBLISH_REPLACE},
                              &fixture->error);
    }
    elbow_session_close(mpi_comm, &session);
    return status;
}

static void fail_everywhere(struct fixture *fixture, int culprit)
{
    bool is_culprit = elbow_comm_place(mpi_comm).rank == culprit;
    char path[400];
    snprintf(path, sizeof path, "%s/codes.h5", fixture->scratch.directory);
    int tried = 0;
    for (bool is_done = false; !is_done; ++tried) {
        size_t blocks = elbow_memory_count().blocks;
        if (is_culprit)
            elbow_memory_fail_at((uint64_t)tried + 1);
        enum elbow_status status = encode(fixture, path);
        elbow_memory_fail_at(0);
        double both[] = {(double)status, -(double)status};
        elbow_comm_max(mpi_comm, both, 2);
        mpi_assert(both[0] == -both[1]);
        mpi_assert(status == ELBOW_OK || status == ELBOW_MEMORY);
        mpi_assert(elbow_memory_count().blocks == blocks);
        is_done = status == ELBOW_OK;
        bool is_there = !is_root() || access(path, F_OK) == 0;
        mpi_assert(!is_root() || is_there == is_done);
    }
    if (is_root()) {
        printf("%d failing allocations of rank %d tried\n", tried - 1, culprit);
        unlink(path);
    }
    mpi_assert(tried > 30);
}

START_TEST(no_allocation_fails_an_encoding_badly)
{
    struct fixture fixture;
    int last = elbow_comm_place(mpi_comm).size - 1;
    setup_run(&fixture);
    fail_everywhere(&fixture, 0);
    if (last > 0)
        fail_everywhere(&fixture, last);
    trainer_teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("run/session", the_data_that_is_meant, data_that_do_not_fit, no_allocation_fails_an_encoding_badly)
