// SPDX-License-Identifier: BSD-3-Clause
// A network: a sequence of hidden layers, then a head without activation: a dense one, or for images the last layer of
// the list (architecture.h). The row of a layer defines it (layer.h). The network owns the memory for the activations
// of one microbatch, or of several in a layerwise pass, each in a slot of its own.
#ifndef ELBOW_NN_NETWORK_H
#define ELBOW_NN_NETWORK_H

#include "elbow/base/language.h"
#include "elbow/nn/architecture.h"
#include "elbow/nn/layer.h"

ELBOW_C_BEGIN

// The intermediate results of one microbatch.
struct elbow_slot {
    float **outputs_of; // [count] activations (rows_max, outputs), owned
    float **kept_of;    // [count] (rows_max, kept) or NULL each, owned
    float *delta[2];    // (rows_max, widest hidden) or NULL, owned: gradients of the backward pass
    float *repeated;    // (rows_max, inputs) or NULL, owned: inputs of blocks, for a first layer that needs all of them
    struct elbow_about about;
};

// Outputs of the head that are clipped to bounds: of each row those from `first` on. One at or beyond a bound has no
// gradient.
struct elbow_network_bounds {
    size_t first, count; // count 0: none are
    float least, most;
};

struct elbow_network {
    size_t inputs, outputs;              // values of a sample at both ends
    struct elbow_network_bounds bounds;  // set by the caller, zero at first
    size_t count;                        // layers, including the head
    struct elbow_layer_instance *layers; // [count] owned
    size_t rows_max;
    bool repeats; // slots have memory for inputs of blocks
    size_t slot_count;
    struct elbow_slot *slots; // [slot_count] owned
    float *workspace;         // shared by the layers; NULL if none needs any; owned
};

// Local. Adds the tensors `name`.0/weight, ..., `name`.head/bias, and allocates memory for microbatches of up to
// rows_max rows (0: it has its tensors, but cannot compute). CONFIG if a layer does not fit.
enum elbow_status elbow_network_create(struct elbow_parameters *parameters, const char *name, struct elbow_shape input,
                                       const struct elbow_layers *hidden, struct elbow_shape output,
                                       enum elbow_initializer initializer, size_t rows_max,
                                       struct elbow_network *network, struct elbow_error *error);

// The layers of a network that take conditions (elbow_layer_row.takes_condition): the first that can, or all that can.
struct elbow_network_conditions {
    size_t count; // C; 0: none do
    bool every_layer;
    bool has_blocks; // rows may come in blocks that share their inputs (struct elbow_about)
};

// Local. Likewise with conditions.
enum elbow_status elbow_network_create_conditioned(struct elbow_parameters *parameters, const char *name,
                                                   struct elbow_shape input, const struct elbow_layers *hidden,
                                                   struct elbow_shape output, enum elbow_initializer initializer,
                                                   size_t rows_max, struct elbow_network_conditions conditions,
                                                   struct elbow_network *network, struct elbow_error *error);

// Local. Releases everything; a zeroed struct is legal.
void elbow_network_destroy(struct elbow_network *network);

// Local. Sets the information about the rows of a slot for the layers; NULL: none, as at first. The struct is copied,
// its arrays are not.
void elbow_network_about(struct elbow_network *network, size_t slot, const struct elbow_about *about);

// Local. The head's output (rows, outputs), valid until the next forward; the caller may change it. For rows in blocks
// (struct elbow_about), x holds those of the first one, here and below.
float *elbow_network_forward(struct elbow_network *network, const float *parameters, size_t rows, const float *x);

// Local. After a forward with the same x: from the gradient dy (rows, outputs; overwritten) of the head's output writes
// the gradient of every tensor (overwritten, not added to), and dx (rows, inputs) unless it is NULL.
void elbow_network_backward(struct elbow_network *network, const float *parameters, size_t rows, const float *x,
                            float *dy, float *gradient, float *dx);

// Local. Allocates memory for that many microbatches at a time. MEMORY.
enum elbow_status elbow_network_widen(struct elbow_network *network, size_t slots, struct elbow_error *error);

// Local. The parts of a layer that can be computed one after the other (layer.h), and the starts of their tensors in
// the arena.
size_t elbow_network_parts(const struct elbow_network *network, size_t layer);
size_t elbow_network_part_first(const struct elbow_network *network, size_t layer, size_t part);

// Forward and backward part by part, with the same bits; microbatches in different slots may alternate after each part.
//
// Local. All parts of layer 0, from the first to the last, then those of layer 1, ...
void elbow_network_forward_part(struct elbow_network *network, size_t slot, size_t layer, size_t part,
                                const float *parameters, size_t rows, const float *x);

// Local. The result of a slot's forward pass: the head's output.
float *elbow_network_output(const struct elbow_network *network, size_t slot);

// Local. All parts of the last layer from the last to the first, which write their rows of the gradient of the weights,
// then the gradient of its inputs; then the layer below. dy and dx as in elbow_network_backward.
void elbow_network_backward_part(struct elbow_network *network, size_t slot, size_t layer, size_t part,
                                 const float *parameters, size_t rows, const float *x, float *dy, float *gradient,
                                 float *dx);
void elbow_network_backward_inputs(struct elbow_network *network, size_t slot, size_t layer, const float *parameters,
                                   size_t rows, const float *x, float *dy, float *dx);

// Local. The network as nodes of an ONNX graph, from flat rows x, including its bounds, without conditions.
// elbow_network_lacks_onnx gives the word of a layer that cannot be exported; NULL: all can.
elbow_onnx_value elbow_network_onnx(const struct elbow_network *network, const float *parameters,
                                    struct elbow_onnx *onnx, elbow_onnx_value x);
const char *elbow_network_lacks_onnx(const struct elbow_network *network);

// Local. Bytes of activations, of values kept by layers, of deltas and of the workspace.
size_t elbow_network_bytes(const struct elbow_network *network);

ELBOW_C_END

#endif
