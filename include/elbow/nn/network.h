// SPDX-License-Identifier: BSD-3-Clause
// A network: hidden layers in a row, then a head without activation: a dense one, or for images the last layer of the
// list (architecture.h). What a layer is, its row knows (layer.h). The network owns room for the activations of one
// microbatch, or of several that go through the layers together, each in a lane of its own.
#ifndef ELBOW_NN_NETWORK_H
#define ELBOW_NN_NETWORK_H

#include "elbow/base/language.h"
#include "elbow/nn/architecture.h"
#include "elbow/nn/layer.h"

ELBOW_C_BEGIN

// What one microbatch leaves on its way through the layers.
struct elbow_lane {
    float **outputs_of; // [count] activations (rows_max, outputs), owned
    float **kept_of;    // [count] (rows_max, kept) or NULL each, owned
    float *delta[2];    // (rows_max, widest hidden) or NULL, owned: gradients on their way down
    float *repeated;    // (rows_max, inputs) or NULL, owned: inputs of blocks, for a first layer that wants all of them
    struct elbow_about about;
};

// Outputs of the head that are kept within bounds: of each row those from `first` on. Where one lies at a bound, or was
// beyond, it has no gradient.
struct elbow_network_bounds {
    size_t first, count; // count 0: none are
    float least, most;
};

struct elbow_network {
    size_t inputs, outputs;              // values of a sample at either end
    struct elbow_network_bounds bounds;  // the caller's, zero at first
    size_t count;                        // layers, the head included
    struct elbow_layer_instance *layers; // [count] owned
    size_t rows_max;
    bool repeats; // lanes have room for inputs of blocks
    size_t lane_count;
    struct elbow_lane *lanes; // [lane_count] owned
    float *workspace;         // that the layers share; NULL where none wants any; owned
};

// Local. Adds the tensors `name`.0/weight, ..., `name`.head/bias, and makes room for microbatches of up to rows_max
// rows (0: it has its tensors, and cannot compute). CONFIG if a layer does not fit.
enum elbow_status elbow_network_create(struct elbow_parameters *parameters, const char *name, struct elbow_shape input,
                                       const struct elbow_layers *hidden, struct elbow_shape output,
                                       enum elbow_initializer initializer, size_t rows_max,
                                       struct elbow_network *network, struct elbow_error *error);

// Which layers of a network take conditions (elbow_layer_row.takes_condition): the first that can, or all that can.
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

// Local. Gives all back; a zeroed struct is legal.
void elbow_network_destroy(struct elbow_network *network);

// Local. What the layers know of the rows of a lane from now on; NULL: nothing, as at first. Copied, its arrays are
// not.
void elbow_network_about(struct elbow_network *network, size_t lane, const struct elbow_about *about);

// Local. The head's output (rows, outputs), valid until the next forward; the caller may change it. Of rows in blocks
// (struct elbow_about) x has those of the first one, here and below.
float *elbow_network_forward(struct elbow_network *network, const float *parameters, size_t rows, const float *x);

// Local. After a forward with the same x: from the gradient dy (rows, outputs; destroyed) of the head's output writes
// the gradient of every tensor (overwritten, not added to), and dx (rows, inputs) unless it is NULL.
void elbow_network_backward(struct elbow_network *network, const float *parameters, size_t rows, const float *x,
                            float *dy, float *gradient, float *dx);

// Local. Room for that many microbatches at a time. MEMORY.
enum elbow_status elbow_network_widen(struct elbow_network *network, size_t lanes, struct elbow_error *error);

// Local. The parts of a layer that can be computed one after the other (layer.h), and where in the arena the tensors of
// one begin.
size_t elbow_network_parts(const struct elbow_network *network, size_t layer);
size_t elbow_network_part_first(const struct elbow_network *network, size_t layer, size_t part);

// Forward and backward in pieces, the same bits; microbatches in different lanes may take turns after each piece.
//
// Local. All parts of layer 0, from the first to the last, then those of layer 1, ...
void elbow_network_forward_part(struct elbow_network *network, size_t lane, size_t layer, size_t part,
                                const float *parameters, size_t rows, const float *x);

// Local. What a lane's forward pass has come to: the head's output.
float *elbow_network_output(const struct elbow_network *network, size_t lane);

// Local. All parts of the last layer from the last to the first, which write their rows of the weights' gradient, then
// the gradient of its inputs; then the layer below. dy and dx as in elbow_network_backward.
void elbow_network_backward_part(struct elbow_network *network, size_t lane, size_t layer, size_t part,
                                 const float *parameters, size_t rows, const float *x, float *dy, float *gradient,
                                 float *dx);
void elbow_network_backward_inputs(struct elbow_network *network, size_t lane, size_t layer, const float *parameters,
                                   size_t rows, const float *x, float *dy, float *dx);

// Local. The network as nodes of an ONNX graph, from flat rows x, its bounds included; what its layers are told of rows
// is left out. The word of a layer that cannot be exported is in elbow_network_lacks_onnx; NULL: all can.
elbow_onnx_value elbow_network_onnx(const struct elbow_network *network, const float *parameters,
                                    struct elbow_onnx *onnx, elbow_onnx_value x);
const char *elbow_network_lacks_onnx(const struct elbow_network *network);

// Local. Bytes of activations, of what layers keep, of deltas and of the workspace.
size_t elbow_network_bytes(const struct elbow_network *network);

ELBOW_C_END

#endif
