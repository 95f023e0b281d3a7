// SPDX-License-Identifier: BSD-3-Clause
// The likelihood p(x|z) of a sample's D values (or of its own columns), from the decoder's output y: a table with a row
// for each kind (elbow/config/kinds.h), whose functions are in src/vae/likelihood/<word>.c, with their formulas.
//
// A function is called for the rows of a microbatch, never for a value. The bits of a row depend on that row alone:
// neither on the rows beside it nor on the number of threads. A NaN in x or y propagates to the results. The arrays
// that a function writes overlap no other, unless it says so. Functions have no state: threads may call them
// concurrently with arrays of their own. They use the threads of elbow/math/threads.h.
#ifndef ELBOW_VAE_LIKELIHOOD_H
#define ELBOW_VAE_LIKELIHOOD_H

#include "elbow/base/language.h"
#include "elbow/base/onnx.h"
#include "elbow/config/config.h"
#include "elbow/config/figures.h"
#include "elbow/math/random.h"
#include "elbow/nn/parameters.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Rows of samples, and the decoder's output for them. Nothing is owned; a function ignores fields that it does not
// name.
struct elbow_likelihood_call {
    const struct elbow_likelihood_options *options;
    size_t rows, values; // D
    const float *x;      // (rows, D)
    const float *known;  // (rows, D): 1, or 0 if a value is unknown, with a size of the data; NULL: all are known
    const float *y;      // (rows, D, outputs)
    const double *size;  // (rows) sum of the means of a row, if they are shares; NULL: from x
    const float *shared; // the trained numbers beside the networks; NULL: none, the options give the values
    double *recon;       // (rows)
    float *dy;           // (rows, D, outputs), may be y; NULL: not needed
    float *dshared;      // as many as shared; NULL: not needed
    double *notes;       // (rows, figures): contribution of each row; NULL: not needed
};

// Statistics of the training data for the start of trained numbers. Nothing is owned.
struct elbow_likelihood_start {
    const struct elbow_likelihood_options *options;
    size_t values;          // D
    const double *variance; // (D) of each value over the samples
    double pooled;          // variance of all values about their overall mean
    float *shared;          // the trained numbers beside the networks, with their starts so far; NULL: there are none
    size_t channels;        // of the decoder's last bias: D, or those of a convolution
    float *bias;            // (channels, outputs), with its start so far
};

struct elbow_likelihood {
    // Local. The number of outputs of the decoder per value; they are adjacent.
    size_t (*outputs)(const struct elbow_likelihood_options *options);
    // Local. The tensor of trained numbers beside the networks: name, rank, shape, start. False: there is none; NULL:
    // never one.
    bool (*shared)(const struct elbow_likelihood_options *options, size_t values, struct elbow_tensor *tensor);
    // Local. The total of which the means of a row are shares. If it comes from the data, score and saturated use
    // call->known, because the outputs of unknown values affect the shares of others; otherwise they see known values
    // only. NULL: none.
    enum elbow_size (*size)(const struct elbow_likelihood_options *options);
    // Whether only the first output determines the mean; otherwise all do.
    bool has_one_mean;
    // The reported numbers of p(x|z) beside recon: figures, each the mean over the rows of the notes of score; ends
    // with ELBOW_FIGURES. NULL: none.
    const enum elbow_figure_kind *figures;
    // Local. Whether trained numbers start from the training data. NULL: never.
    bool (*starts_from_data)(const struct elbow_likelihood_options *options);
    // Local. Sets these starts: shared, and the bias of the outputs after the first one. NULL if there are none.
    void (*start)(const struct elbow_likelihood_start *start);
    // Local. The trained numbers that follow in closed form from a step with these figures (each sample counted by its
    // weight), for the next one. False: shared is trained by its gradient. NULL: always.
    bool (*settle)(const struct elbow_likelihood_options *options, const double *figures, float *shared);
    // Local. recon[i] = log p(x_i | z_i) in nats with all its constants, in double. Where needed dy = -d recon / dy,
    // dshared = -d(sum of recon) / d shared, and the notes.
    void (*score)(const struct elbow_likelihood_call *call);
    // Local. recon[i] = the largest log p(x_i | y) of any y, with the given shared and options, and with the outputs of
    // y that do not determine the mean (a variance); infinity if there is none.
    void (*saturated)(const struct elbow_likelihood_call *call);
    // Local. mean (rows, D) = E[x | z]; mean may be y if there is one output per value.
    void (*mean)(const struct elbow_likelihood_call *call, float *mean);
    // Local. mean as nodes of an ONNX graph: (rows, D) from y (rows, D outputs), D the values. NULL: it cannot be
    // exported.
    elbow_onnx_value (*onnx_mean)(const struct elbow_likelihood_options *options, size_t values,
                                  struct elbow_onnx *onnx, elbow_onnx_value y);
    // Local. A draw from p(x|z) into x (D), of one row, with only the words of the stream; x is not y.
    void (*draw)(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x);
    // Local. The outputs of a value whose mean is that of the data: the start of their biases with output_bias: data.
    void (*output_bias)(const struct elbow_likelihood_options *options, double data_mean, float *bias);
};

// Local. The row of a kind.
const struct elbow_likelihood *elbow_likelihood_row(enum elbow_likelihood_kind kind);

ELBOW_C_END

#endif
