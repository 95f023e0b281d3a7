// SPDX-License-Identifier: BSD-3-Clause
// The data file, the configuration, and one start.
#include "trainer_fixture.h"

#include "elbow/parallel/collectives.h"

#include <sys/stat.h>

void set(struct fixture *fixture, const char *assignment)
{
    struct elbow_error error = {0};
    mpi_assert(elbow_config_set(&fixture->config, assignment, &error) == ELBOW_OK);
}

static void put_images(struct elbow_hdf5 *file, const char *name, uint64_t rows, struct elbow_error *error)
{
    uint64_t shape[] = {rows, HEIGHT, WIDTH};
    uint8_t values[32 * VALUES];
    for (size_t i = 0; i < rows * VALUES; ++i)
        values[i] = (uint8_t)(i * 37 + i / VALUES * 11);
    elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_UINT8, 3, shape, (struct elbow_hdf5_layout){0}, error);
    elbow_hdf5_write_rows(file, name, ELBOW_ELEMENT_UINT8, 0, rows, values, error);
}

void write_data(struct fixture *fixture, uint64_t samples)
{
    struct elbow_error error = {0};
    if (is_root()) {
        struct elbow_hdf5 *file = NULL;
        elbow_hdf5_create(fixture->data, true, &file, &error);
        put_images(file, "/train", samples, &error);
        put_images(file, "/valid", VALID, &error);
        elbow_hdf5_close(file, &error);
    }
    mpi_assert(error.status == ELBOW_OK);
}

void trainer_setup(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    if (is_root()) {
        if (access("/dev/shm", W_OK) == 0)
            setenv("TMPDIR", "/dev/shm", 0); // there are hundreds of runs, and each of them syncs
        fixture->scratch = scratch_make();
    }
    elbow_comm_broadcast(mpi_comm, &fixture->scratch, sizeof fixture->scratch);
    snprintf(fixture->run, sizeof fixture->run, "%s/run", fixture->scratch.directory);
    snprintf(fixture->data, sizeof fixture->data, "%s/data.h5", fixture->scratch.directory);
    write_data(fixture, SAMPLES);
    elbow_config_default(&fixture->config);
    snprintf(fixture->config.data.file, sizeof fixture->config.data.file, "%s", fixture->data);
    static const char *const settings[] = {
        "data.train=/train",
        "data.valid=/valid",
        "data.binarize=sample",
        "model.latent=2",
        "model.encoder=[dense: {units: 5}]",
        "model.decoder=[dense: {units: 6}]",
        "train.epochs=2", // 4 steps
        "train.batch=8",
        "train.microbatch=2",
        "eval.every=1",
        "log.every=1",
        "checkpoint.every=2",
        "samples.every=3",
        "samples.count=4",
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; ++i)
        set(fixture, settings[i]);
    struct elbow_error error = {0};
    mpi_assert(elbow_config_finish(&fixture->config, "test", &error) == ELBOW_OK);
    fixture->log = elbow_log_open(false, stdout);
    fixture->request = (struct elbow_train_request){.config = &fixture->config, .run = fixture->run};
}

void trainer_teardown(struct fixture *fixture)
{
    elbow_log_close(&fixture->log);
    mpi_scratch_clear(&fixture->scratch);
}

enum elbow_status start(struct fixture *fixture)
{
    fixture->error = (struct elbow_error){0};
    enum elbow_status status = elbow_train(mpi_comm, &fixture->request, &fixture->log, &fixture->error);
    double smallest = (double)status, largest = (double)status;
    elbow_comm_min(mpi_comm, &smallest, 1);
    elbow_comm_max(mpi_comm, &largest, 1);
    mpi_assert(smallest == largest);
    mpi_assert(status == ELBOW_OK || (fixture->error.status == status && fixture->error.message[0] != 0));
    return status;
}

bool run_has(struct fixture *fixture, const char *name)
{
    char path[400];
    bool is_there = true;
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", fixture->run, name);
    if (is_root())
        is_there = lstat(path, &about) == 0;
    elbow_comm_broadcast(mpi_comm, &is_there, sizeof is_there);
    return is_there;
}

void *run_bytes(struct fixture *fixture, const char *name, size_t *size)
{
    char path[400];
    *size = 0;
    snprintf(path, sizeof path, "%s/%s", fixture->run, name);
    return is_root() ? scratch_read(path, size) : NULL;
}

void forget_run(struct fixture *fixture)
{
    struct scratch run;
    snprintf(run.directory, sizeof run.directory, "%s", fixture->run);
    elbow_comm_barrier(mpi_comm);
    if (is_root())
        scratch_clear(&run);
    elbow_comm_barrier(mpi_comm);
}
