// SPDX-License-Identifier: BSD-3-Clause
// The layers conv2d and conv_transpose2d: y = f(x * W + b), and their gradients. Samples are (height, width, channels),
// channels innermost; a dense layer's row of values is taken as such.
//
// With kernel k, stride s, padding p, output padding a, input places i and output places o along either side (Dumoulin
// and Visin 2016, relationships 6 and 14):
//   conv2d            o = floor((i + 2 p - k) / s) + 1
//   conv_transpose2d  o = s (i - 1) + k - 2 p + a,  0 <= a < s
// A conv_transpose2d is the adjoint of the conv2d with the same k, s, p that leads from its output to its input. In the
// words of convolution.h, with f(a), da, dW, db, dx as in dense.h:
//   conv2d            a = gather(x) + b;   dW = gradient(x, da);  dx = scatter(da)
//   conv_transpose2d  a = scatter(x) + b;  dW = gradient(da, x);  dx = gather(da)
#ifndef ELBOW_NN_CONV2D_H
#define ELBOW_NN_CONV2D_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/nn/convolution.h"
#include "elbow/nn/parameters.h"

ELBOW_C_BEGIN

struct elbow_conv2d {
    bool is_transposed;
    struct elbow_shape input, output;
    size_t inputs, outputs; // values of a sample
    enum elbow_activation activation;
    size_t weight, bias; // offsets in the arena: (kernel, kernel, input channels, filters); (filters)
    struct elbow_convolution convolution;
};

// Local. The output's shape of a conv2d or conv_transpose2d; false if the layer does not fit its input: a kernel larger
// than the padded input, more padding than output, or an output padding that is not below the stride.
bool elbow_conv2d_shape(const struct elbow_layer *layer, struct elbow_shape input, struct elbow_shape *output);

// Local. Adds the layer's tensors `name`/weight and `name`/bias to the parameters; the layer must fit. Initialisers as
// in dense.h, with k^2 input channels as fan-in and k^2 filters as fan-out.
enum elbow_status elbow_conv2d_create(struct elbow_parameters *parameters, const char *name,
                                      const struct elbow_layer *layer, struct elbow_shape input,
                                      enum elbow_initializer initializer, struct elbow_conv2d *conv,
                                      struct elbow_error *error);

// Local. Likewise, without the plan: a layer that has tensors and cannot compute. Takes no memory that grows with
// sizes.
enum elbow_status elbow_conv2d_layout(struct elbow_parameters *parameters, const char *name,
                                      const struct elbow_layer *layer, struct elbow_shape input,
                                      enum elbow_initializer initializer, struct elbow_conv2d *conv,
                                      struct elbow_error *error);

// Local. Gives the plan back; a zeroed struct is legal.
void elbow_conv2d_destroy(struct elbow_conv2d *conv);

// Local. Floats of the room, 64-byte aligned, that forward and backward work in; layers may share it.
size_t elbow_conv2d_room(const struct elbow_conv2d *conv);

// Local. Multiply-adds of the forward pass of one sample, those with the zeros around an image included.
double elbow_conv2d_operations(const struct elbow_conv2d *conv);

// Local. y (rows, outputs) from x (rows, inputs). `slope` as in elbow_dense_forward. The bits of a row of y depend on
// its row of x alone.
void elbow_conv2d_forward(const struct elbow_conv2d *conv, const float *parameters, size_t rows, const float *x,
                          float *room, float *y, float *slope);

// Local. From dy (rows, outputs), which becomes da: writes dW and db at their offsets in `gradient`, and dx (rows,
// inputs) unless it is NULL.
void elbow_conv2d_backward(const struct elbow_conv2d *conv, const float *parameters, size_t rows, const float *x,
                           const float *y, const float *slope, float *room, float *dy, float *gradient, float *dx);

ELBOW_C_END

#endif
