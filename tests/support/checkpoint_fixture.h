// SPDX-License-Identifier: BSD-3-Clause
// A small model with known values and moments on all ranks, ready to be saved.
#ifndef ELBOW_TESTS_CHECKPOINT_FIXTURE_H
#define ELBOW_TESTS_CHECKPOINT_FIXTURE_H

#include "elbow/base/memory.h"
#include "elbow/checkpoint/detail/format.h"
#include "elbow/data/hdf5.h"
#include "mpi_unit.h"
#include "scratch.h"

// 22,000 parameters: six blocks, so that four ranks have slices, of different sizes.
enum { VALUES = 30, LATENT = 3, STATISTICS = ELBOW_STATISTIC_HEAD + LATENT };

struct fixture {
    struct scratch scratch; // rank zero's directory, its name known to all
    struct elbow_log log;
    struct elbow_config config;
    char *config_text;
    struct elbow_model *model;
    struct elbow_exchange *exchange;
    struct elbow_optimizer optimizer;
    float *values, *first_moment, *second_moment; // complete, on all ranks
    double accumulator[STATISTICS];
    struct elbow_run_state state;
    struct elbow_data_facts facts;
    struct elbow_checkpoint_source source;
};

void checkpoint_setup(struct fixture *fixture, const char *optimizer);

// Collective. The checkpoint of the fixture's state in a run directory, from its snapshot.
enum elbow_status save(struct fixture *fixture, const char *run, struct elbow_error *error);
void checkpoint_teardown(struct fixture *fixture);
bool same_floats(const float *a, const float *b, size_t count);

#endif
