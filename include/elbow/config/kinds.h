// SPDX-License-Identifier: BSD-3-Clause
// The kinds that a configuration chooses among. Each list defines the enumeration, the words of YAML (src/config) and,
// if a kind is code, the table of its functions: a name without its file does not link, and no list can diverge from
// another.
//
// X(ENUMERATOR, word, ...). The order is that of the enumeration; configurations and checkpoints contain the words, so
// a word never changes.
#ifndef ELBOW_CONFIG_KINDS_H
#define ELBOW_CONFIG_KINDS_H

#include <stdbool.h>

#define ELBOW_KIND_ENUMERATOR(name, ...) name,
#define ELBOW_KIND_WORD(name, word, ...) #word,

#define ELBOW_BINARIZE_LIST(X)                                                                                         \
    X(ELBOW_BINARIZE_NONE, none)                                                                                       \
    X(ELBOW_BINARIZE_THRESHOLD, threshold)                                                                             \
    X(ELBOW_BINARIZE_SAMPLE, sample)
enum elbow_binarize { ELBOW_BINARIZE_LIST(ELBOW_KIND_ENUMERATOR) };

// The axes of a sample.
#define ELBOW_LAYOUT_LIST(X)                                                                                           \
    X(ELBOW_LAYOUT_AUTO, auto)     /* guessed: (H, W) and (H, W, C) are images */                                      \
    X(ELBOW_LAYOUT_ROWS, rows)     /* values without an order */                                                       \
    X(ELBOW_LAYOUT_SERIES, series) /* (T), (T, C) */                                                                   \
    X(ELBOW_LAYOUT_IMAGE, image)   /* (H, W), (H, W, C) */                                                             \
    X(ELBOW_LAYOUT_VOLUME, volume) /* (D, H, W), (D, H, W, C) */
enum elbow_layout { ELBOW_LAYOUT_LIST(ELBOW_KIND_ENUMERATOR) };

// The axis of the channels in a stored sample.
#define ELBOW_CHANNELS_LIST(X)                                                                                         \
    X(ELBOW_CHANNELS_LAST, last)                                                                                       \
    X(ELBOW_CHANNELS_FIRST, first)
enum elbow_channels { ELBOW_CHANNELS_LIST(ELBOW_KIND_ENUMERATOR) };

// The stored values that count as missing, beside those of data.mask.
#define ELBOW_MISSING_LIST(X)                                                                                          \
    X(ELBOW_MISSING_REFUSE, refuse) /* none may be */                                                                  \
    X(ELBOW_MISSING_NAN, nan)       /* NaN */                                                                          \
    X(ELBOW_MISSING_FILL, fill)     /* what attributes mark, and what was never written */                             \
    X(ELBOW_MISSING_ANY, any)       /* both */
enum elbow_missing_kind { ELBOW_MISSING_LIST(ELBOW_KIND_ENUMERATOR) };

// The order of the training samples in an epoch (elbow/data/sequence.h, elbow/data/page_order.h). It decides the bits.
#define ELBOW_ORDER_LIST(X)                                                                                            \
    X(ELBOW_ORDER_FULL, full)         /* all rows are shuffled together */                                             \
    X(ELBOW_ORDER_SEGMENTS, segments) /* pages are dealt to segments once, each segment is shuffled */                 \
    X(ELBOW_ORDER_WINDOWS, windows)   /* pages are dealt again each epoch, each segment is shuffled in windows */
enum elbow_order_kind { ELBOW_ORDER_LIST(ELBOW_KIND_ENUMERATOR) };

// Where the training rows are while a run trains. It changes no bit.
#define ELBOW_ACCESS_LIST(X)                                                                                           \
    X(ELBOW_ACCESS_AUTO, auto)                                                                                         \
    X(ELBOW_ACCESS_RESIDENT, resident) /* all in the memory of each node */                                            \
    X(ELBOW_ACCESS_SHARD, shard)       /* in the memory of each node what its ranks use */                             \
    X(ELBOW_ACCESS_STREAM, stream)     /* in files, read ahead */
enum elbow_access { ELBOW_ACCESS_LIST(ELBOW_KIND_ENUMERATOR) };

// Transforms of scaled values: X(ENUMERATOR, word, whether the results include values below zero for any data).
// src/data/transform/<word>.c holds the functions.
#define ELBOW_TRANSFORM_LIST(X)                                                                                        \
    X(ELBOW_TRANSFORM_NONE, none, false)                                                                               \
    X(ELBOW_TRANSFORM_STANDARDIZE, standardize, true)           /* one mean and deviation for all values */            \
    X(ELBOW_TRANSFORM_STANDARDIZE_EACH, standardize_each, true) /* of each column */                                   \
    X(ELBOW_TRANSFORM_MINMAX, minmax, false)                                                                           \
    X(ELBOW_TRANSFORM_LOG1P, log1p, false)                                                                             \
    X(ELBOW_TRANSFORM_ASINH, asinh, false)
enum elbow_transform_kind { ELBOW_TRANSFORM_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_TRANSFORMS };

// Corruptions of the encoder's input in training: X(ENUMERATOR, word, options). src/data/corrupt/<word>.c holds the
// functions.
#define ELBOW_CORRUPT_LIST(X)                                                                                          \
    X(ELBOW_CORRUPT_NONE, none, no_options)                                                                            \
    X(ELBOW_CORRUPT_DROP, drop, drop_options)              /* to 0 */                                                  \
    X(ELBOW_CORRUPT_GAUSSIAN, gaussian, deviation_options) /* noise */                                                 \
    X(ELBOW_CORRUPT_SALT_AND_PEPPER, salt_and_pepper, salt_options)
enum elbow_corrupt_kind { ELBOW_CORRUPT_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_CORRUPTIONS };

// Supports of the values of a sample, and their descriptions in messages.
#define ELBOW_SUPPORT_LIST(X)                                                                                          \
    X(ELBOW_SUPPORT_REAL, "any real values")                                                                           \
    X(ELBOW_SUPPORT_UNIT, "values in [0, 1]")                                                                          \
    X(ELBOW_SUPPORT_BINARY, "values in [0, 1]") /* 0 or 1; what lies between is taken with a warning */                \
    X(ELBOW_SUPPORT_COUNT, "whole numbers from 0")                                                                     \
    X(ELBOW_SUPPORT_LEVEL, "levels from 0 to 1") /* in steps of 1/most, stored as whole numbers from 0 */
enum elbow_support { ELBOW_SUPPORT_LIST(ELBOW_KIND_ENUMERATOR) };

// The origin of a number of a likelihood: the configuration gives it, or a word says how it is determined.
#define ELBOW_NUMBER_LIST(X)                                                                                           \
    X(ELBOW_NUMBER_FIXED, fixed)         /* a number is given, and no word */                                          \
    X(ELBOW_NUMBER_LEARNED, learned)     /* one for all values, trained */                                             \
    X(ELBOW_NUMBER_PER_VALUE, per_value) /* one for each value of a row, trained */                                    \
    X(ELBOW_NUMBER_PREDICTED, predicted) /* an output of the decoder */                                                \
    X(ELBOW_NUMBER_OPTIMAL, optimal)     /* the best one, in closed form */
enum elbow_number { ELBOW_NUMBER_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_NUMBER_KINDS };

// The dispersion of counts: one for each value of a row, or an output of the decoder.
#define ELBOW_DISPERSION_LIST(X)                                                                                       \
    X(ELBOW_DISPERSION_PER_VALUE, per_value)                                                                           \
    X(ELBOW_DISPERSION_PREDICTED, predicted)
enum elbow_dispersion { ELBOW_DISPERSION_LIST(ELBOW_KIND_ENUMERATOR) };

// The sizes of counts: none, or the means are shares of the total of the row, or of its data.size.
#define ELBOW_SIZE_LIST(X)                                                                                             \
    X(ELBOW_SIZE_NONE, none)                                                                                           \
    X(ELBOW_SIZE_TOTAL, total)                                                                                         \
    X(ELBOW_SIZE_DATA, data)
enum elbow_size { ELBOW_SIZE_LIST(ELBOW_KIND_ENUMERATOR) };

// Likelihoods: X(ENUMERATOR, word, support, options, most). src/vae/likelihood/<word>.c holds the functions,
// src/config/kinds.c the rows of the options (no_options: there are none), and the largest allowed value (no_most:
// none).
#define ELBOW_LIKELIHOOD_LIST(X)                                                                                       \
    X(ELBOW_LIKELIHOOD_BERNOULLI, bernoulli, ELBOW_SUPPORT_BINARY, no_options, no_most)                                \
    X(ELBOW_LIKELIHOOD_GAUSSIAN, gaussian, ELBOW_SUPPORT_REAL, variance_options, no_most)                              \
    X(ELBOW_LIKELIHOOD_POISSON, poisson, ELBOW_SUPPORT_COUNT, no_options, no_most)                                     \
    X(ELBOW_LIKELIHOOD_CONTINUOUS_BERNOULLI, continuous_bernoulli, ELBOW_SUPPORT_UNIT, no_options, no_most)            \
    X(ELBOW_LIKELIHOOD_LAPLACE, laplace, ELBOW_SUPPORT_REAL, laplace_options, no_most)                                 \
    X(ELBOW_LIKELIHOOD_STUDENT_T, student_t, ELBOW_SUPPORT_REAL, student_t_options, no_most)                           \
    X(ELBOW_LIKELIHOOD_BINOMIAL, binomial, ELBOW_SUPPORT_COUNT, binomial_options, trials_most)                         \
    X(ELBOW_LIKELIHOOD_CATEGORICAL, categorical, ELBOW_SUPPORT_COUNT, categorical_options, classes_most)               \
    X(ELBOW_LIKELIHOOD_DISCRETIZED_LOGISTIC, discretized_logistic, ELBOW_SUPPORT_LEVEL, logistic_options, levels_most) \
    X(ELBOW_LIKELIHOOD_NEGATIVE_BINOMIAL, negative_binomial, ELBOW_SUPPORT_COUNT, dispersion_options, no_most)         \
    X(ELBOW_LIKELIHOOD_ZERO_INFLATED_NEGATIVE_BINOMIAL, zero_inflated_negative_binomial, ELBOW_SUPPORT_COUNT,          \
      dispersion_options, no_most)
enum elbow_likelihood_kind { ELBOW_LIKELIHOOD_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_LIKELIHOODS };

// Priors p(z): X(ENUMERATOR, word, options). src/vae/prior/<word>.c holds the functions.
#define ELBOW_PRIOR_LIST(X)                                                                                            \
    X(ELBOW_PRIOR_STANDARD, standard, no_options)                                                                      \
    X(ELBOW_PRIOR_MIXTURE, mixture, mixture_options)                                                                   \
    X(ELBOW_PRIOR_VAMP, vamp, vamp_options)
enum elbow_prior_kind { ELBOW_PRIOR_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_PRIORS };

// Posteriors of z: X(ENUMERATOR, word, options, whether it is a distribution, with a KL to the prior).
// src/vae/posterior/<word>.c holds the functions.
#define ELBOW_POSTERIOR_LIST(X)                                                                                        \
    X(ELBOW_POSTERIOR_DIAGONAL, diagonal, posterior_options, true)                                                     \
    X(ELBOW_POSTERIOR_DETERMINISTIC, deterministic, no_options, false)                                                 \
    X(ELBOW_POSTERIOR_FULL, full, posterior_options, true)
enum elbow_posterior_kind { ELBOW_POSTERIOR_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_POSTERIORS };
enum { ELBOW_FULL_LATENT_MAX = 256 }; // a head has half of its square
struct elbow_posterior_options {
    double least, most; // of log-variances
    bool has_least, has_most;
};

// Ramps of the weight of the KL: X(ENUMERATOR, word, options).
#define ELBOW_RAMP_LIST(X)                                                                                             \
    X(ELBOW_RAMP_LINEAR, linear, linear_options)                                                                       \
    X(ELBOW_RAMP_CYCLICAL, cyclical, cyclical_options)
enum elbow_ramp { ELBOW_RAMP_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_RAMPS };

// The KL to which free nats apply: that of each sample, or the mean of the batch.
#define ELBOW_FREE_LIST(X)                                                                                             \
    X(ELBOW_FREE_SAMPLE, sample)                                                                                       \
    X(ELBOW_FREE_BATCH, batch)
enum elbow_free { ELBOW_FREE_LIST(ELBOW_KIND_ENUMERATOR) };

// Costs of the KL: X(ENUMERATOR, word, options). src/vae/kl/<word>.c holds the functions. The options of the first one
// are written without its word.
#define ELBOW_KL_LIST(X)                                                                                               \
    X(ELBOW_KL_WEIGHTED, weighted, weighted_options)                                                                   \
    X(ELBOW_KL_CAPACITY, capacity, capacity_options)                                                                   \
    X(ELBOW_KL_PARTS, parts, parts_options)
enum elbow_kl_kind { ELBOW_KL_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_KLS };

// The vectors whose covariance DIP uses.
#define ELBOW_DIP_LIST(X)                                                                                              \
    X(ELBOW_DIP_MEANS, means)                                                                                          \
    X(ELBOW_DIP_LATENTS, latents)
enum elbow_dip { ELBOW_DIP_LIST(ELBOW_KIND_ENUMERATOR) };

// Penalties on the latent variables of a microbatch: X(ENUMERATOR, word, options). src/vae/penalty/<word>.c holds the
// functions.
#define ELBOW_PENALTY_LIST(X)                                                                                          \
    X(ELBOW_PENALTY_MMD, mmd, mmd_options)                                                                             \
    X(ELBOW_PENALTY_DIP, dip, dip_options)
enum elbow_penalty_kind { ELBOW_PENALTY_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_PENALTIES };

// Objectives that training maximises: src/vae/objective/<word>.c holds the functions.
#define ELBOW_OBJECTIVE_LIST(X)                                                                                        \
    X(ELBOW_OBJECTIVE_ELBO, elbo, no_options)                                                                          \
    X(ELBOW_OBJECTIVE_IMPORTANCE, importance, importance_options)
enum elbow_objective_kind { ELBOW_OBJECTIVE_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_OBJECTIVES };

// Estimators of the encoder's gradient of the importance-weighted bound.
#define ELBOW_ESTIMATOR_LIST(X)                                                                                        \
    X(ELBOW_ESTIMATOR_PLAIN, plain)                                                                                    \
    X(ELBOW_ESTIMATOR_STL, stl)                                                                                        \
    X(ELBOW_ESTIMATOR_DREG, dreg)
enum elbow_estimator { ELBOW_ESTIMATOR_LIST(ELBOW_KIND_ENUMERATOR) };

// Measures of an evaluation: src/evaluate/measure/<word>.c holds the functions, elbow/config/figures.h the meaning of
// their figures. The order of the list is that of the summed vector, which no file contains.
#define ELBOW_MEASURE_LIST(X)                                                                                          \
    X(ELBOW_MEASURE_ELBO, elbo)                                                                                        \
    X(ELBOW_MEASURE_DEVIANCE, deviance) /* of what has just been decoded: before those that decode again */            \
    X(ELBOW_MEASURE_KNOWN, known)                                                                                      \
    X(ELBOW_MEASURE_HIDDEN, hidden)                                                                                    \
    X(ELBOW_MEASURE_DENOISED, denoised)                                                                                \
    X(ELBOW_MEASURE_IMPORTANCE, importance)                                                                            \
    X(ELBOW_MEASURE_CLASSES, classes)                                                                                  \
    X(ELBOW_MEASURE_CLASSIFIED, classified)                                                                            \
    X(ELBOW_MEASURE_STORED, stored)                                                                                    \
    X(ELBOW_MEASURE_KL_PARTS, kl_parts) /* encodes again */
enum elbow_measure_kind { ELBOW_MEASURE_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_MEASURES };

// Sinks, the formats of output files of rows: X(ENUMERATOR, word, holds, endings...). The ending of a file selects the
// format; help and messages name the first ending. holds: pictures (nothing else), anything. src/output/sink/<word>.c
// holds the functions.
#define ELBOW_SINK_LIST(X)                                                                                             \
    X(ELBOW_SINK_PNG, png, pictures, ".png")                                                                           \
    X(ELBOW_SINK_HDF5, hdf5, anything, ".h5", ".hdf5")                                                                 \
    X(ELBOW_SINK_CSV, csv, anything, ".csv")
enum elbow_sink_kind { ELBOW_SINK_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_SINKS };

// Their first endings as one text, for help: of all sinks, and of those that hold anything.
#define ELBOW_SINK_FIRST(ending, ...) " " ending
#define ELBOW_SINK_ENDING(name, word, holds, ...) ELBOW_SINK_FIRST(__VA_ARGS__, )
#define ELBOW_SINK_ENDING_OF_pictures(...)
#define ELBOW_SINK_ENDING_OF_anything(...) ELBOW_SINK_FIRST(__VA_ARGS__, )
#define ELBOW_SINK_TABLE_ENDING(name, word, holds, ...) ELBOW_SINK_ENDING_OF_##holds(__VA_ARGS__)
#define ELBOW_SINK_ENDINGS ELBOW_SINK_LIST(ELBOW_SINK_ENDING)
#define ELBOW_SINK_TABLE_ENDINGS ELBOW_SINK_LIST(ELBOW_SINK_TABLE_ENDING)

#define ELBOW_OUTPUT_BIAS_LIST(X)                                                                                      \
    X(ELBOW_OUTPUT_BIAS_ZERO, zero)                                                                                    \
    X(ELBOW_OUTPUT_BIAS_DATA, data)
enum elbow_output_bias { ELBOW_OUTPUT_BIAS_LIST(ELBOW_KIND_ENUMERATOR) };

#define ELBOW_INITIALIZER_LIST(X)                                                                                      \
    X(ELBOW_INITIALIZER_AUTO, auto)                                                                                    \
    X(ELBOW_INITIALIZER_GLOROT, glorot)                                                                                \
    X(ELBOW_INITIALIZER_HE, he)
enum elbow_initializer { ELBOW_INITIALIZER_LIST(ELBOW_KIND_ENUMERATOR) };

// Optimisers: X(ENUMERATOR, word, options). src/nn/optimizer.c has the functions.
#define ELBOW_OPTIMIZER_LIST(X)                                                                                        \
    X(ELBOW_OPTIMIZER_ADAM, adam, no_options)                                                                          \
    X(ELBOW_OPTIMIZER_ADAMW, adamw, no_options)                                                                        \
    X(ELBOW_OPTIMIZER_SGD, sgd, no_options)                                                                            \
    X(ELBOW_OPTIMIZER_RMSPROP, rmsprop, rmsprop_options)
enum elbow_optimizer_kind { ELBOW_OPTIMIZER_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_OPTIMIZERS };

// Schedules of the rate: X(ENUMERATOR, word, options).
#define ELBOW_SCHEDULE_LIST(X)                                                                                         \
    X(ELBOW_SCHEDULE_CONSTANT, constant, no_options)                                                                   \
    X(ELBOW_SCHEDULE_COSINE, cosine, no_options)                                                                       \
    X(ELBOW_SCHEDULE_STEP, step, no_options)                                                                           \
    X(ELBOW_SCHEDULE_PIECES, pieces, pieces_options)
enum elbow_schedule { ELBOW_SCHEDULE_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_SCHEDULES };

#define ELBOW_ON_NAN_LIST(X)                                                                                           \
    X(ELBOW_ON_NAN_STOP, stop)                                                                                         \
    X(ELBOW_ON_NAN_SKIP, skip)
enum elbow_on_nan { ELBOW_ON_NAN_LIST(ELBOW_KIND_ENUMERATOR) };

#define ELBOW_PROGRESS_LIST(X)                                                                                         \
    X(ELBOW_PROGRESS_AUTO, auto)                                                                                       \
    X(ELBOW_PROGRESS_LINE, line)                                                                                       \
    X(ELBOW_PROGRESS_PLAIN, plain)
enum elbow_progress { ELBOW_PROGRESS_LIST(ELBOW_KIND_ENUMERATOR) };

#define ELBOW_PREFETCH_LIST(X)                                                                                         \
    X(ELBOW_PREFETCH_AUTO, auto)                                                                                       \
    X(ELBOW_PREFETCH_ON, on)                                                                                           \
    X(ELBOW_PREFETCH_OFF, off)
enum elbow_prefetch_choice { ELBOW_PREFETCH_LIST(ELBOW_KIND_ENUMERATOR) };

// Activations: src/nn/activation.c has the functions.
#define ELBOW_ACTIVATION_LIST(X)                                                                                       \
    X(ELBOW_ACTIVATION_NONE, none)                                                                                     \
    X(ELBOW_ACTIVATION_RELU, relu)                                                                                     \
    X(ELBOW_ACTIVATION_LEAKY_RELU, leaky_relu) /* slope 0.01 below zero */                                             \
    X(ELBOW_ACTIVATION_TANH, tanh)                                                                                     \
    X(ELBOW_ACTIVATION_SIGMOID, sigmoid)                                                                               \
    X(ELBOW_ACTIVATION_SOFTPLUS, softplus)                                                                             \
    X(ELBOW_ACTIVATION_SILU, silu)                                                                                     \
    X(ELBOW_ACTIVATION_GELU, gelu)                                                                                     \
    X(ELBOW_ACTIVATION_ELU, elu)                                                                                       \
    X(ELBOW_ACTIVATION_EXP, exp)             /* of at most 20 */                                                       \
    X(ELBOW_ACTIVATION_HARD_TANH, hard_tanh) /* between -1 and 1 */
enum elbow_activation { ELBOW_ACTIVATION_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_ACTIVATIONS };

// The value of a window in a pooling layer.
#define ELBOW_POOL_LIST(X)                                                                                             \
    X(ELBOW_POOL_MAX, max)                                                                                             \
    X(ELBOW_POOL_MEAN, mean)
enum elbow_pool { ELBOW_POOL_LIST(ELBOW_KIND_ENUMERATOR) };

// Layers: X(ENUMERATOR, word, options). src/nn/layer/<word>.c holds the functions, src/config/kinds_layers.c the rows
// of the options.
#define ELBOW_LAYER_LIST(X)                                                                                            \
    X(ELBOW_LAYER_DENSE, dense, dense_options)                                                                         \
    X(ELBOW_LAYER_CONV2D, conv2d, conv2d_options)                                                                      \
    X(ELBOW_LAYER_CONV_TRANSPOSE2D, conv_transpose2d, conv_transpose2d_options)                                        \
    X(ELBOW_LAYER_GATED, gated, gated_options)                                                                         \
    X(ELBOW_LAYER_LAYER_NORM, layer_norm, layer_norm_options)                                                          \
    X(ELBOW_LAYER_POOL, pool, pool_options)                                                                            \
    X(ELBOW_LAYER_UPSAMPLE, upsample, upsample_options)                                                                \
    X(ELBOW_LAYER_DROPOUT, dropout, dropout_options)                                                                   \
    X(ELBOW_LAYER_RESIDUAL, residual, residual_options)                                                                \
    X(ELBOW_LAYER_CONV1D, conv1d, conv1d_options)                                                                      \
    X(ELBOW_LAYER_CONV_TRANSPOSE1D, conv_transpose1d, conv_transpose1d_options)                                        \
    X(ELBOW_LAYER_CONV3D, conv3d, conv3d_options)                                                                      \
    X(ELBOW_LAYER_CONV_TRANSPOSE3D, conv_transpose3d, conv_transpose3d_options)
enum elbow_layer_kind { ELBOW_LAYER_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_LAYER_KINDS };

#endif
