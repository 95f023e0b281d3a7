// SPDX-License-Identifier: BSD-3-Clause
// A small file of data, for the tests of loading it.
#ifndef ELBOW_TESTS_DATASET_FIXTURE_H
#define ELBOW_TESTS_DATASET_FIXTURE_H

#include "mpi_unit.h"
#include "scratch.h"

#include "elbow/data/dataset.h"
#include "elbow/data/hdf5.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 37, VALUES = 6 };

static char path[512];
static struct scratch scratch; // rank zero's
static struct elbow_log silent;

// Collective. Rank zero writes (ROWS, 2, 3) values of `element`, row * 6 + column plus `shift`, chunked on request; all
// ranks know the path.
static inline void write_file(enum elbow_element element, const void *rows, uint64_t chunk_rows, int64_t labels)
{
    if (elbow_comm_place(mpi_comm).rank == 0) {
        struct elbow_hdf5 *file = NULL;
        struct elbow_error error = {0};
        uint64_t shape[] = {ROWS, 2, 3}, count = (uint64_t)labels;
        int64_t numbers[64];
        for (int i = 0; i < 64; ++i)
            numbers[i] = i % 5;
        scratch = scratch_make();
        snprintf(path, sizeof path, "%s", scratch_path(&scratch, "data.h5"));
        struct elbow_hdf5_layout layout = {.chunk_rows = chunk_rows, .compression = chunk_rows > 0 ? 4 : 0};
        elbow_hdf5_create(path, true, &file, &error);
        elbow_hdf5_create_dataset(file, "/train/images", element, 3, shape, layout, &error);
        elbow_hdf5_write_rows(file, "/train/images", element, 0, ROWS, rows, &error);
        elbow_hdf5_create_dataset(file, "/train/labels", ELBOW_ELEMENT_INT64, 1, &count, (struct elbow_hdf5_layout){0},
                                  &error);
        elbow_hdf5_write_rows(file, "/train/labels", ELBOW_ELEMENT_INT64, 0, count, numbers, &error);
        elbow_hdf5_close(file, &error);
        ck_assert_msg(error.status == ELBOW_OK, "%s", error.message);
    }
    elbow_comm_broadcast(mpi_comm, path, sizeof path);
}

static inline void remove_file(void)
{
    elbow_comm_barrier(mpi_comm);
    if (elbow_comm_place(mpi_comm).rank == 0)
        scratch_clear(&scratch);
}

static inline struct elbow_dataset_request request_for(void)
{
    return (struct elbow_dataset_request){.file = path, .dataset = "/train/images"};
}

// Loads the written data and returns the status; the message stays in error.
static inline enum elbow_status load(const struct elbow_dataset_request *request, struct elbow_error *error)
{
    struct elbow_dataset dataset;
    enum elbow_status status = elbow_dataset_load(mpi_comm, request, &silent, &dataset, error);
    elbow_dataset_unload(mpi_comm, &dataset);
    return status;
}

#endif
