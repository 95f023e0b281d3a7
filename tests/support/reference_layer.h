// SPDX-License-Identifier: BSD-3-Clause
// Layers in double precision, written plainly from the definitions, and their test cases: a row for each of
// ELBOW_LAYER_LIST. reference_<word>.c, or that of a related kind, has the functions. No code is shared with the
// kernels.
#ifndef ELBOW_TESTS_REFERENCE_LAYER_H
#define ELBOW_TESTS_REFERENCE_LAYER_H

#include "elbow/nn/layer.h"

#include "reference.h"

enum { REFERENCE_TENSORS = 8, REFERENCE_LAYERS = 4 };

// Rows of samples on their way through a layer.
struct reference_call {
    const struct elbow_layer *options;
    const char *name; // of the layer
    struct elbow_shape input, output;
    size_t rows;
    const struct elbow_about *about;          // NULL: nothing is known
    const double *tensors[REFERENCE_TENSORS]; // in the order in which the layer adds them
    double *gradients[REFERENCE_TENSORS];
    const double *x, *dy;
    double *y, *dx;
};

// Number of products in the sums behind an element, up to the largest part of its rounding; `coarse` is the factor of
// its error over that of a plain sum.
struct reference_terms {
    double y, gradient, dx, coarse;
};

struct reference_case {
    union {
        struct elbow_layer options;
        struct elbow_layer list[REFERENCE_LAYERS]; // with its inner layers
    };
    struct elbow_shape input;
    size_t rows;
    bool has_dense_product; // whose bits depend on the rows beside a row where the kernels are OpenBLAS'
};

struct reference_layer {
    // Case number i; false behind the last. The sizes of a case need not fit.
    bool (*at)(size_t i, struct reference_case *found);
    // The output's shape from the definition; false if the layer does not fit.
    bool (*shape)(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output);
    void (*forward)(const struct reference_call *call);
    // Adds to the gradients and dx, which may be NULL.
    void (*backward)(const struct reference_call *call);
    struct reference_terms (*terms)(const struct reference_call *call);
};

static inline size_t reference_inputs(const struct reference_call *call)
{
    return elbow_shape_values(call->input);
}

static inline size_t reference_outputs(const struct reference_call *call)
{
    return elbow_shape_values(call->output);
}

static inline void reference_activate(const struct reference_call *call, const double *a)
{
    for (size_t i = 0; i < call->rows * reference_outputs(call); ++i)
        call->y[i] = reference_activation((enum elbow_activation)call->options->activation, a[i]);
}

#define REFERENCE_LAYER_DECLARE(name, word, ...) extern const struct reference_layer reference_##word;
ELBOW_LAYER_LIST(REFERENCE_LAYER_DECLARE)

// The rows by kind, which reference_layer sets: layers within layers are in this table, too.
extern const struct reference_layer *const *reference_residual_rows;

// The row of a kind.
const struct reference_layer *reference_layer(enum elbow_layer_kind kind);

#endif
