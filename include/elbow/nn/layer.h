// SPDX-License-Identifier: BSD-3-Clause
// A layer of a network: a table with a row for each kind (elbow/config/kinds.h), whose functions lie in
// src/nn/layer/<word>.c, with their formulas.
//
// A function is called for the rows of a microbatch, never for a value. The bits of a row of y and dx depend on that
// row of x, y and dy alone (but for dense where its products are OpenBLAS', see math/dense_product.h), those of the
// gradient on the microbatch, in its order: neither on the number of threads, nor on what a workspace held, nor on how
// the layer is cut into parts. A NaN in a row of x arrives in that row of y.
//
// A call is a struct: what a kind will want to know of its microbatch beyond this becomes a field, which the others do
// not name.
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

// What a layer is made of.
struct elbow_layer_site {
    const char *name; // of its tensors: "encoder.0"
    const struct elbow_layer *options;
    struct elbow_shape input;
    enum elbow_initializer initializer;
    size_t rows_max;   // of a microbatch; 0: it has its tensors, and cannot compute
    size_t conditions; // C: numbers of about.condition that it takes, or what it holds; 0: none
    bool every_layer;  // then all that it holds take them; else the first one that can
};

// A layer in its place. Created once, then only read.
struct elbow_layer_instance {
    const struct elbow_layer_row *row;
    struct elbow_shape input, output;
    size_t inputs, outputs;             // values of a sample
    size_t begin;                       // where in the arena its tensors begin; those of the next layer follow
    void *state;                        // the row's own; owned
    size_t inner_count;                 // the layers that it holds; 0: none
    struct elbow_layer_instance *inner; // [inner_count] owned
};

// Rows of samples on their way through a layer. Nothing is owned; a function ignores what it does not name.
struct elbow_layer_call {
    const float *parameters; // the arena
    size_t rows;
    size_t x_rows;                   // of x, where each is that of several rows (repeats_inputs); 0: all
    const float *x;                  // (rows, inputs)
    float *y;                        // (rows, outputs): written forward, read backward
    float *kept;                     // (rows, kept): from forward to backward; NULL: nothing is kept
    const struct elbow_about *about; // of these rows; NULL: nothing is known of them
    float *workspace;                // 64-byte aligned; what it holds is lost after the call; NULL: the row wants none
    float *dy;                       // (rows, outputs): destroyed; backward_inputs finds what backward has left
    float *dx;                       // (rows, inputs); NULL: not wanted
    float *gradient;                 // the arena: each tensor of the layer is overwritten
};

enum elbow_product_stage {
    ELBOW_PRODUCT_FORWARD,
    ELBOW_PRODUCT_WEIGHTS,
    ELBOW_PRODUCT_INPUTS,
    ELBOW_PRODUCT_INNER_INPUTS // of a layer within the layer: needed where nobody wants dx, too
};

enum elbow_operand {
    ELBOW_OPERAND_X,
    ELBOW_OPERAND_Y,
    ELBOW_OPERAND_DX,
    ELBOW_OPERAND_DY,
    ELBOW_OPERAND_TENSORS,   // of the layer, from the first one on
    ELBOW_OPERAND_GRADIENT,  // likewise
    ELBOW_OPERAND_WORKSPACE, // what the layer makes of its operands
    ELBOW_OPERAND_INNER_X,   // between the layers that it holds: x or dx of one of them
    ELBOW_OPERAND_INNER_Y    // likewise y or dy
};

// C (m, n) = A (m, k) B (k, n), each stored in whatever order.
struct elbow_product {
    enum elbow_product_stage stage;
    size_t m, n, k;
    enum elbow_operand a, b, c;
};
typedef void elbow_product_visitor(void *user, const struct elbow_product *product);

enum { ELBOW_LAYER_REASON_SIZE = 256 };

// Members that may be NULL say what that means.
struct elbow_layer_row {
    // The layer makes sense only where samples have places.
    bool needs_image;
    // How many axes their places have: 1 for series, 2 for images, 3 for volumes; 0: it takes all.
    int axes;
    // It only gathers or repeats places: where the values of a sample never had any, it would do nothing.
    bool only_moves;
    // As the last one of a network that ends in an image the layer is its head, with no dense one behind it. It
    // needs an image, has a place_before, and has a tensor `bias` of one number for each channel.
    bool can_be_head;
    // What it adds up before its activation has a term of conditions, where its site has such
    // (src/nn/condition.c).
    bool takes_condition;
    // It knows call->x_rows: rows i, i + x_rows, i + 2 x_rows, ... have row i of x, and dx is the sum of theirs.
    bool repeats_inputs;

    // Local. The output's shape; false if the layer does not fit its input, with the reason, for a sentence. Of a layer
    // that holds others *output comes in as theirs.
    bool (*shape)(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                  char reason[ELBOW_LAYER_REASON_SIZE]);
    // Local. Depth (of a volume), height and width of the smallest input that gives an output of those places; false:
    // there is none, with the reason. NULL: places are lost on the way, a sample is a row of values (or the layers that
    // it holds say).
    bool (*place_before)(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                         char reason[ELBOW_LAYER_REASON_SIZE]);

    // Local. Adds the tensors of a layer whose shapes are set, behind those of the layers that it holds, in the order
    // in which forward first reads them, and makes its state. At site->rows_max 0 it takes no memory that grows with
    // any size. What is left in layer->state on an error goes to `destroy`.
    enum elbow_status (*create)(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                struct elbow_layer_instance *layer, struct elbow_error *error);
    // Local. Gives back what the state holds, not the state itself; NULL: nothing.
    void (*destroy)(void *state);

    // Local. Floats that a row of samples keeps from forward to backward; NULL: none.
    size_t (*kept)(const struct elbow_layer_instance *layer);
    // Local. Floats of the workspace, which all layers of a network share; NULL: none.
    size_t (*workspace)(const struct elbow_layer_instance *layer);
    // Local. A large layer falls into parts that can be computed one after the other without changing a bit: forward
    // part i reads no parameter behind the begin of part i + 1, backward it writes the gradient from its begin to that.
    // How many; where part i begins, in floats after layer->begin. Both NULL: it is one part.
    size_t (*parts)(const struct elbow_layer_instance *layer);
    size_t (*part_begin)(const struct elbow_layer_instance *layer, size_t part);

    // Local. Parts [first, first + count): forward from the first to the last, backward from the last to the first.
    // Backward writes the gradient of its tensors and, where backward_inputs is NULL, dx.
    void (*forward)(const struct elbow_layer_instance *layer, struct elbow_span parts,
                    const struct elbow_layer_call *call);
    void (*backward)(const struct elbow_layer_instance *layer, struct elbow_span parts,
                     const struct elbow_layer_call *call);
    // Local. After all parts backward: dx, which is not NULL, from what they made of dy. NULL: backward has done it.
    void (*backward_inputs)(const struct elbow_layer_instance *layer, const struct elbow_layer_call *call);

    // Local. The layer as nodes of an ONNX graph, as it computes outside of training: flat rows (rows, outputs) from
    // rows x (rows, inputs). Conditions are left out. NULL: it cannot be exported.
    elbow_onnx_value (*onnx)(const struct elbow_layer_instance *layer, const float *parameters, struct elbow_onnx *onnx,
                             elbow_onnx_value x);

    // Local. Visits the matrix products of all three stages: what a step cannot do without (the floor of elbow bench).
    // NULL: there are none.
    void (*products)(const struct elbow_layer_instance *layer, size_t rows, elbow_product_visitor *visit, void *user);
};

// Local. The row of a kind; its word.
const struct elbow_layer_row *elbow_layer_row(enum elbow_layer_kind kind);
const char *elbow_layer_word(enum elbow_layer_kind kind);

// Local. What the row's shape and place_before say, of a layer with those that it holds; whether there is a
// place_before.
bool elbow_layer_shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                       char reason[ELBOW_LAYER_REASON_SIZE]);
bool elbow_layer_place_before(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                              char reason[ELBOW_LAYER_REASON_SIZE]);
bool elbow_layer_keeps_places(const struct elbow_layer *options);

// Local. Whether it, or a layer that it holds, makes sense only where samples have places.
bool elbow_layer_needs_places(const struct elbow_layer *options);

// Local. Whether a layer, or one that it holds, can take conditions; the conditions of the next of several layers, of
// which the first one that can takes those that are left, or, with every_layer, all that can.
bool elbow_layer_takes_condition(const struct elbow_layer *options);
size_t elbow_layer_conditions(const struct elbow_layer *options, bool every_layer, size_t *left);

// Local. A layer whose options must fit its input. On an error it is zeroed; its tensors may have been added.
enum elbow_status elbow_layer_create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                     struct elbow_layer_instance *layer, struct elbow_error *error);

// Local. Gives its state back; a zeroed struct is legal.
void elbow_layer_destroy(struct elbow_layer_instance *layer);

// Local. What the row says, or stands for where it says NULL. Parts begin somewhere in the arena.
size_t elbow_layer_kept(const struct elbow_layer_instance *layer);
size_t elbow_layer_workspace(const struct elbow_layer_instance *layer);
size_t elbow_layer_parts(const struct elbow_layer_instance *layer);
size_t elbow_layer_part_begin(const struct elbow_layer_instance *layer, size_t part);
void elbow_layer_products(const struct elbow_layer_instance *layer, size_t rows, elbow_product_visitor *visit,
                          void *user);

// Local. The word of the first kind, of a layer and those that it holds, that cannot be exported; NULL: all can.
const char *elbow_layer_lacks_onnx(const struct elbow_layer_instance *layer);

// Local. The whole layer: all parts and, unless it is NULL, dx.
void elbow_layer_forward(const struct elbow_layer_instance *layer, const struct elbow_layer_call *call);
void elbow_layer_backward(const struct elbow_layer_instance *layer, const struct elbow_layer_call *call);

ELBOW_C_END

#endif
