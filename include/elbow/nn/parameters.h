// SPDX-License-Identifier: BSD-3-Clause
// One arena for all parameters: named tensors, each a sequence of floats; the gradient, the optimiser's moments and the
// checkpoint use the same offsets. The layout holds no values: they are passed as float arrays of `size` floats.
#ifndef ELBOW_NN_PARAMETERS_H
#define ELBOW_NN_PARAMETERS_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_TENSOR_RANK_MAX = 5, ELBOW_TENSOR_NAME_SIZE = 64 };

enum elbow_initial {
    ELBOW_INITIAL_CONSTANT, // `value`
    ELBOW_INITIAL_GLOROT,   // uniform in +- sqrt(6 / (fan_in + fan_out))   (Glorot and Bengio 2010, eq. 16)
    ELBOW_INITIAL_HE        // normal, variance 2 / fan_in                  (He et al. 2015, eq. 10)
};

struct elbow_tensor {
    char name[ELBOW_TENSOR_NAME_SIZE]; // "encoder.0/weight"
    int rank;
    size_t shape[ELBOW_TENSOR_RANK_MAX];
    size_t offset, count; // floats; the offset is a multiple of 16 (64 bytes)
    bool is_weight;       // weight decay applies
    enum elbow_initial initial;
    size_t fan_in, fan_out;
    float value;
};

struct elbow_parameters {
    struct elbow_tensor *tensors; // owned
    size_t count, capacity;
    size_t size; // floats of the arena, including padding (always zero)
};

// Local. Adds a tensor (name, shape, is_weight, initial, ... set; offset and count are filled in). *index is its
// number.
enum elbow_status elbow_parameters_add(struct elbow_parameters *parameters, struct elbow_tensor tensor, size_t *index,
                                       struct elbow_error *error);

// Local. Extends the arena by this number of floats, which are padding like that between tensors, and returns the first
// of them.
size_t elbow_parameters_reserve(struct elbow_parameters *parameters, size_t count);

// Local. The tensor of a name, or NULL.
const struct elbow_tensor *elbow_parameters_find(const struct elbow_parameters *parameters, const char *name);

// Local. Fills values (size floats, zeroed) with the initial values of a run: each tensor keyed by seed and the hash of
// its name.
void elbow_parameters_initialize(const struct elbow_parameters *parameters, uint64_t seed, float *values);

// Local. Floats that are parameters (without padding).
size_t elbow_parameters_trainable(const struct elbow_parameters *parameters);

// Local. Releases the tensors and zeroes the struct.
void elbow_parameters_clear(struct elbow_parameters *parameters);

ELBOW_C_END

#endif
