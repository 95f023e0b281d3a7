// SPDX-License-Identifier: BSD-3-Clause
// A layer of a network: a table with a row for each kind (elbow/config/kinds.h), whose functions are in
// src/nn/layer/<word>.c, with their formulas.
//
// A function is called for the rows of a microbatch, never for a value. The bits of a row of y and dx depend on that
// row of x, y and dy alone (except dense with products of OpenBLAS, see math/dense_product.h), those of the gradient on
// the microbatch, in its order: neither on the number of threads, nor on previous contents of a workspace, nor on the
// division of the layer into parts. A NaN in a row of x propagates to that row of y.
//
// A call is a struct: further information about a microbatch for one kind becomes a field, which the others do not use.
#ifndef ELBOW_NN_LAYER_H
#define ELBOW_NN_LAYER_H

#include "elbow/base/language.h"
#include "elbow/base/onnx.h"
#include "elbow/config/config.h"
#include "elbow/math/dense_product.h"
#include "elbow/math/microbatch.h"
#include "elbow/nn/parameters.h"
#include "elbow/nn/shape.h"

ELBOW_C_BEGIN

// The inputs for the creation of a layer.
struct elbow_layer_site {
    const char *name; // of its tensors: "encoder.0"
    const struct elbow_layer *options;
    struct elbow_shape input;
    enum elbow_initializer initializer;
    size_t rows_max;   // of a microbatch; 0: it has its tensors, but cannot compute
    size_t conditions; // C: numbers of about.condition for it or its inner layers; 0: none
    bool every_layer;  // then all inner layers take them; otherwise the first one that can
};

// A layer in its place. Created once, then only read.
struct elbow_layer_instance {
    const struct elbow_layer_row *row;
    struct elbow_shape input, output;
    size_t inputs, outputs;             // values of a sample
    size_t begin;                       // start of its tensors in the arena; those of the next layer follow
    void *state;                        // state of the kind; owned
    size_t inner_count;                 // number of inner layers; 0: none
    struct elbow_layer_instance *inner; // [inner_count] owned
};

// Rows of samples in a layer. Nothing is owned; a function ignores fields that it does not name.
struct elbow_layer_call {
    const float *parameters; // the arena
    size_t rows;
    size_t x_rows;                   // of x, if each serves several rows (repeats_inputs); 0: all
    const float *x;                  // (rows, inputs)
    float *y;                        // (rows, outputs): written forward, read backward
    float *kept;                     // (rows, kept): from forward to backward; NULL: nothing is kept
    const struct elbow_about *about; // of these rows; NULL: no information
    float *workspace;                // 64-byte aligned; contents are lost after the call; NULL: the kind needs none
    float *dy;                       // (rows, outputs): overwritten; backward_inputs reads the result of backward
    float *dx;                       // (rows, inputs); NULL: not needed
    float *gradient;                 // the arena: each tensor of the layer is overwritten
};

enum elbow_product_stage {
    ELBOW_PRODUCT_FORWARD,
    ELBOW_PRODUCT_WEIGHTS,
    ELBOW_PRODUCT_INPUTS,
    ELBOW_PRODUCT_INNER_INPUTS // of an inner layer: needed even if dx is not
};

enum elbow_operand {
    ELBOW_OPERAND_X,
    ELBOW_OPERAND_Y,
    ELBOW_OPERAND_DX,
    ELBOW_OPERAND_DY,
    ELBOW_OPERAND_TENSORS,   // of the layer, from the first one on
    ELBOW_OPERAND_GRADIENT,  // likewise
    ELBOW_OPERAND_WORKSPACE, // role of the product in the layer
    ELBOW_OPERAND_INNER_X,   // between inner layers: x or dx of one of them
    ELBOW_OPERAND_INNER_Y    // likewise y or dy
};

// C (m, n) = A (m, k) B (k, n), each stored in any order.
struct elbow_product {
    enum elbow_product_stage stage;
    size_t m, n, k;
    enum elbow_operand a, b, c;
};
typedef void elbow_product_visitor(void *user, const struct elbow_product *product);

enum { ELBOW_LAYER_REASON_SIZE = 256 };

// The comments give the meaning of NULL members.
struct elbow_layer_row {
    // The layer requires samples with places.
    bool needs_image;
    // The number of axes of the places: 1 for series, 2 for images, 3 for volumes; 0: any.
    int axes;
    // It only gathers or repeats places: it has no effect if the values of a sample never had any.
    bool only_moves;
    // As the last layer of a network whose output is an image, it is the head, and no dense one follows. It needs an
    // image, has a place_before, and has a tensor `bias` of one number per channel.
    bool can_be_head;
    // Its sums before the activation have a term of conditions, if its site has any (src/nn/condition.c).
    bool takes_condition;
    // It supports call->x_rows: rows i, i + x_rows, i + 2 x_rows, ... have row i of x, and dx is the sum of theirs.
    bool repeats_inputs;

    // Local. The output's shape; false if the layer does not fit its input, with the reason, for a message. For a layer
    // with inner layers, *output is theirs on entry.
    bool (*shape)(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                  char reason[ELBOW_LAYER_REASON_SIZE]);
    // Local. Depth (of a volume), height and width of the smallest input that gives an output of those places; false:
    // there is none, with the reason. NULL: places are lost, a sample is a row of values (or the inner layers decide).
    bool (*place_before)(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                         char reason[ELBOW_LAYER_REASON_SIZE]);

    // Local. Adds the tensors of a layer whose shapes are set, after those of its inner layers, in the order in which
    // forward first reads them, and makes its state. At site->rows_max 0 it allocates no memory that grows with any
    // size. On an error, layer->state is passed to `destroy`.
    enum elbow_status (*create)(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                struct elbow_layer_instance *layer, struct elbow_error *error);
    // Local. Releases the contents of the state, not the state itself; NULL: nothing.
    void (*destroy)(void *state);

    // Local. Floats per row of samples that are kept from forward to backward; NULL: none.
    size_t (*kept)(const struct elbow_layer_instance *layer);
    // Local. Floats of the workspace, shared by all layers of a network; NULL: none.
    size_t (*workspace)(const struct elbow_layer_instance *layer);
    // Local. A large layer consists of parts that can be computed one after the other without changing a bit: forward,
    // part i reads no parameter after the start of part i + 1; backward, it writes the gradient from its start to that.
    // The number of parts; the start of part i, in floats after layer->begin. Both NULL: one part.
    size_t (*parts)(const struct elbow_layer_instance *layer);
    size_t (*part_begin)(const struct elbow_layer_instance *layer, size_t part);

    // Local. Parts [first, first + count): forward from the first to the last, backward from the last to the first.
    // Backward writes the gradient of its tensors and, if backward_inputs is NULL, dx.
    void (*forward)(const struct elbow_layer_instance *layer, struct elbow_span parts,
                    const struct elbow_layer_call *call);
    void (*backward)(const struct elbow_layer_instance *layer, struct elbow_span parts,
                     const struct elbow_layer_call *call);
    // Local. After all parts backward: dx, which is not NULL, from their result in dy. NULL: backward has computed it.
    void (*backward_inputs)(const struct elbow_layer_instance *layer, const struct elbow_layer_call *call);

    // Local. The layer as nodes of an ONNX graph, as it computes outside training: flat rows (rows, outputs) from rows
    // x (rows, inputs), without conditions. NULL: it cannot be exported.
    elbow_onnx_value (*onnx)(const struct elbow_layer_instance *layer, const float *parameters, struct elbow_onnx *onnx,
                             elbow_onnx_value x);

    // Local. Visits the matrix products of all three stages: the minimum work of a step (the floor of elbow bench).
    // NULL: there are none.
    void (*products)(const struct elbow_layer_instance *layer, size_t rows, elbow_product_visitor *visit, void *user);
};

// Local. The row of a kind; its word.
const struct elbow_layer_row *elbow_layer_row(enum elbow_layer_kind kind);
const char *elbow_layer_word(enum elbow_layer_kind kind);

// Local. The results of the row's shape and place_before, for a layer with its inner layers; whether there is a
// place_before.
bool elbow_layer_shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                       char reason[ELBOW_LAYER_REASON_SIZE]);
bool elbow_layer_place_before(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                              char reason[ELBOW_LAYER_REASON_SIZE]);
bool elbow_layer_keeps_places(const struct elbow_layer *options);

// Local. Whether it, or an inner layer, requires samples with places.
bool elbow_layer_needs_places(const struct elbow_layer *options);

// Local. Whether a layer, or an inner one, can take conditions; the conditions of the next of several layers: the first
// one that can takes the remaining ones, or, with every_layer, all that can.
bool elbow_layer_takes_condition(const struct elbow_layer *options);
size_t elbow_layer_conditions(const struct elbow_layer *options, bool every_layer, size_t *left);

// Local. Creates a layer whose options must fit its input. On an error it is zeroed; its tensors may have been added.
enum elbow_status elbow_layer_create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                     struct elbow_layer_instance *layer, struct elbow_error *error);

// Local. Releases its state; a zeroed struct is legal.
void elbow_layer_destroy(struct elbow_layer_instance *layer);

// Local. The functions of the row, or their defaults for NULL. Starts of parts are offsets in the arena.
size_t elbow_layer_kept(const struct elbow_layer_instance *layer);
size_t elbow_layer_workspace(const struct elbow_layer_instance *layer);
size_t elbow_layer_parts(const struct elbow_layer_instance *layer);
size_t elbow_layer_part_begin(const struct elbow_layer_instance *layer, size_t part);
void elbow_layer_products(const struct elbow_layer_instance *layer, size_t rows, elbow_product_visitor *visit,
                          void *user);

// Local. The word of the first kind, of a layer and its inner layers, that cannot be exported; NULL: all can.
const char *elbow_layer_lacks_onnx(const struct elbow_layer_instance *layer);

// Local. The whole layer: all parts and, unless it is NULL, dx.
void elbow_layer_forward(const struct elbow_layer_instance *layer, const struct elbow_layer_call *call);
void elbow_layer_backward(const struct elbow_layer_instance *layer, const struct elbow_layer_call *call);

ELBOW_C_END

#endif
