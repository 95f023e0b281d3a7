// SPDX-License-Identifier: BSD-3-Clause
// A small untrained model on all ranks, its data, and requests of evaluations and galleries.
#ifndef ELBOW_TESTS_EVALUATION_FIXTURE_H
#define ELBOW_TESTS_EVALUATION_FIXTURE_H

#include "elbow/evaluate/evaluator.h"
#include "elbow/evaluate/gallery.h"
#include "mpi_unit.h"
#include "scratch.h"

struct fixture {
    struct scratch scratch; // rank zero's directory, its name known to all
    struct elbow_config config;
    struct elbow_model *model;
    float *parameters;
    struct elbow_dataset dataset;
    struct elbow_data_facts facts;
    struct elbow_evaluation_request request;
    struct elbow_gallery gallery;
};

// Collective. A model of samples of `values` numbers, of sampled zeros and ones, three latents and two hidden layers,
// made with more settings (ending with NULL), and its requests; still without data.
void evaluation_setup(struct fixture *fixture, size_t values, const char *const *settings);

// Collective. Loads the data to evaluate.
void evaluation_load(struct fixture *fixture, const struct elbow_dataset_request *request);

void evaluation_teardown(struct fixture *fixture);

#endif
