// SPDX-License-Identifier: BSD-3-Clause
// A layer with random arrays between two tensors of others, the same in double precision, and every layer of the table
// with all its cases.
#ifndef ELBOW_TESTS_LAYER_FIXTURE_H
#define ELBOW_TESTS_LAYER_FIXTURE_H

#include "elbow/base/memory.h"
#include "reference_layer.h"

// x, parameters and dy are random; so are the old contents of the other arrays.
struct setting {
    union {
        struct elbow_layer options;
        struct elbow_layer list[REFERENCE_LAYERS]; // with its inner layers
    };
    struct elbow_layer_instance layer;
    struct elbow_parameters parameters;
    size_t rows, kept_size, workspace_size;
    float *values, *x, *y, *kept, *dy, *dx, *gradient, *workspace;
    uint64_t *ids;
    struct elbow_about *abouts; // [rows] of the rows from each one on, in training
};

float *drawn(size_t count, uint64_t number);

// A tensor that does not belong to the layer.
void add_stranger(struct elbow_parameters *parameters, const char *name);

// The status of a layer "l" and its tensors, which the caller frees.
enum elbow_status create_layer(const struct elbow_layer *options, struct elbow_shape input, size_t rows_max,
                               struct elbow_parameters *parameters, struct elbow_layer_instance *layer,
                               struct elbow_error *error);

// False if the layer, the first of REFERENCE_LAYERS entries, does not fit.
bool set_up(struct setting *setting, const struct elbow_layer *list, struct elbow_shape input, size_t rows);
void tear_down(struct setting *setting);

// A call for rows [first, first + count).
struct elbow_layer_call call_of(const struct setting *setting, size_t first, size_t count);

void run_forward(const struct setting *setting);
void run_backward(const struct setting *setting);

// The layer's own tensors.
const struct elbow_tensor *tensor_of(const struct setting *setting, size_t number);
size_t tensors_of(const struct setting *setting);

// A setting in double precision. Arrays are owned.
struct exact {
    struct reference_call call;
    const struct reference_layer *reference;
    double *parameters, *gradient, *x, *dy;
};

struct exact exact_of(const struct setting *setting);
void release_exact(struct exact *exact);

// A case of a layer that fits.
struct subject {
    struct setting setting;
    const struct reference_layer *reference;
    size_t number; // of the case
    bool has_own_products;
};

const char *name_of(const struct subject *subject);

void check_blocks(const struct subject *subject, size_t blocks);

// Calls check for every layer with all its cases that fit. Each kind must have at least one.
void each(void (*check)(const struct subject *subject));

// Values of all rows.
size_t inputs_of(const struct setting *setting);
size_t outputs_of(const struct setting *setting);

#endif
