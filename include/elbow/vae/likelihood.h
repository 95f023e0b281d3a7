// SPDX-License-Identifier: BSD-3-Clause
// The likelihood p(x|z) of a sample's D values (or of the columns that are its own), from the decoder's output y: a
// table with a row for each kind (elbow/config/kinds.h), whose functions lie in src/vae/likelihood/<word>.c, with their
// formulas.
//
// A function is called for the rows of a microbatch, never for a value. The bits of a row depend on that row alone:
// neither on the rows beside it nor on the number of threads. A NaN in x or y arrives in what comes of it. The arrays
// that a function writes overlap no other, unless it says so. Functions keep nothing: threads may call them at the same
// time with arrays of their own. They use the threads of elbow/math/threads.h.
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

// Rows of samples, and what the decoder made for them. Nothing is owned; a function ignores what it does not name.
struct elbow_likelihood_call {
    const struct elbow_likelihood_options *options;
    size_t rows, values; // D
    const float *x;      // (rows, D)
    const float *known;  // (rows, D): 1, or 0 where a value is unknown, beside a size of the data; NULL: all are known
    const float *y;      // (rows, D, outputs)
    const double *size;  // (rows) what the means of a row add up to, where they are shares; NULL: x says it
    const float *shared; // the trained numbers beside the networks; NULL: there are none, options say it
    double *recon;       // (rows)
    float *dy;           // (rows, D, outputs), may be y; NULL: not wanted
    float *dshared;      // as many as shared; NULL: not wanted
    double *notes;       // (rows, figures): what each row says of them; NULL: not wanted
};

// What the training data say where trained numbers start. Nothing is owned.
struct elbow_likelihood_start {
    const struct elbow_likelihood_options *options;
    size_t values;          // D
    const double *variance; // (D) of each value over the samples
    double pooled;          // that of all values about their one mean
    float *shared;          // the trained numbers beside the networks, with their starts so far; NULL: there are none
    size_t channels;        // of the decoder's last bias: D, or those of a convolution
    float *bias;            // (channels, outputs), with its start so far
};

struct elbow_likelihood {
    // Local. How many outputs of the decoder belong to a value; they lie together.
    size_t (*outputs)(const struct elbow_likelihood_options *options);
    // Local. The tensor of trained numbers beside the networks: name, rank, shape, start. False: there is none; NULL:
    // never.
    bool (*shared)(const struct elbow_likelihood_options *options, size_t values, struct elbow_tensor *tensor);
    // Local. What the means of a row are shares of. Where the data say it score and saturated take call->known, because
    // the outputs of unknown values have a say in the shares of others; else they see known values only. NULL: nothing.
    enum elbow_size (*size)(const struct elbow_likelihood_options *options);
    // Whether the first output alone is the mean's; else all are.
    bool has_one_mean;
    // The numbers of p(x|z) that are told beside recon: figures, each the mean over the rows of what score notes; ends
    // with ELBOW_FIGURES. NULL: there are none.
    const enum elbow_figure_kind *figures;
    // Local. Whether trained numbers start where the training data say. NULL: never.
    bool (*starts_from_data)(const struct elbow_likelihood_options *options);
    // Local. Puts them there: shared, and the bias of the outputs behind the first one. NULL where nothing does.
    void (*start)(const struct elbow_likelihood_start *start);
    // Local. The trained numbers that follow in closed form from a step, whose figures these are (each sample counting
    // by its weight), for the next one. False: shared is trained by its gradient. NULL: always.
    bool (*settle)(const struct elbow_likelihood_options *options, const double *figures, float *shared);
    // Local. recon[i] = log p(x_i | z_i) in nats with all its constants, in double. Where wanted dy = -d recon / dy,
    // dshared = -d(sum of recon) / d shared, and the notes.
    void (*score)(const struct elbow_likelihood_call *call);
    // Local. recon[i] = the largest log p(x_i | y) that any y gives, with shared and options as they are, and with the
    // outputs that are no mean (a variance) as y has them; infinity where there is none.
    void (*saturated)(const struct elbow_likelihood_call *call);
    // Local. mean (rows, D) = E[x | z]; mean may be y where there is one output a value.
    void (*mean)(const struct elbow_likelihood_call *call, float *mean);
    // Local. mean as nodes of an ONNX graph: (rows, D) from y (rows, D outputs), D the values. NULL: it cannot be
    // exported.
    elbow_onnx_value (*onnx_mean)(const struct elbow_likelihood_options *options, size_t values,
                                  struct elbow_onnx *onnx, elbow_onnx_value y);
    // Local. A draw from p(x|z) into x (D), of one row, with the words of the stream alone; x is not y.
    void (*draw)(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x);
    // Local. A value's outputs whose mean is that of the data: where their biases start with output_bias: data.
    void (*output_bias)(const struct elbow_likelihood_options *options, double data_mean, float *bias);
};

// Local. The row of a kind.
const struct elbow_likelihood *elbow_likelihood_row(enum elbow_likelihood_kind kind);

ELBOW_C_END

#endif
