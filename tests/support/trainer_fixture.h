// SPDX-License-Identifier: BSD-3-Clause
// Short training runs on a small data file, through the struct interface.
#ifndef ELBOW_TESTS_TRAINER_FIXTURE_H
#define ELBOW_TESTS_TRAINER_FIXTURE_H

#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "elbow/train/trainer.h"
#include "mpi_unit.h"
#include "scratch.h"

// A batch of 8 has 4 microbatches, the last one of an epoch 2: fewer than the number of ranks may be.
enum { HEIGHT = 3, WIDTH = 4, VALUES = HEIGHT * WIDTH, SAMPLES = 12, VALID = 5 };

struct fixture {
    struct scratch scratch; // rank zero's directory, its name known to all
    char run[300];
    char data[300];
    struct elbow_config config;
    struct elbow_log log;
    struct elbow_train_request request;
    struct elbow_error error; // of the last start
};

void set(struct fixture *fixture, const char *assignment);

// Collective. Rank zero writes the data again.
void write_data(struct fixture *fixture, uint64_t samples);

void trainer_setup(struct fixture *fixture);
void trainer_teardown(struct fixture *fixture);

// Collective. One start. All ranks must return the same status, and a sentence unless it is OK.
enum elbow_status start(struct fixture *fixture);

// A file below the directory of the run; rank zero decides for all.
bool run_has(struct fixture *fixture, const char *name);

// The bytes of a file of the run, on rank zero; to be freed.
void *run_bytes(struct fixture *fixture, const char *name, size_t *size);

// Collective. Removes the run.
void forget_run(struct fixture *fixture);

#endif
