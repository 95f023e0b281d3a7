// SPDX-License-Identifier: BSD-3-Clause
// Figures: what Elbow reports of a run, an evaluation, a class or a sample. One list has the name, unit, meaning and
// places of each; the columns of metrics.csv, the keys of `elbow eval --json`, its text, the lines of the log and the
// table in docs/reference/formats.md come from it. Code that computes a figure sets it by its enumerator.
#ifndef ELBOW_CONFIG_FIGURES_H
#define ELBOW_CONFIG_FIGURES_H

#include "elbow/base/language.h"
#include "elbow/config/kinds.h"

#include <stdbool.h>
#include <stddef.h>

ELBOW_C_BEGIN

// The places of a figure.
enum elbow_figure_place {
    ELBOW_FIGURE_IN_TABLE = 1 << 0,   // a column of metrics.csv
    ELBOW_FIGURE_IN_LOG = 1 << 1,     // the log lines of the rows of a run
    ELBOW_FIGURE_IN_WORDS = 1 << 2,   // elbow eval
    ELBOW_FIGURE_IN_JSON = 1 << 3,    // elbow eval --json
    ELBOW_FIGURE_IN_CLASSES = 1 << 4, // both, for each class
    ELBOW_FIGURE_IN_ROWS = 1 << 5,    // elbow encode, for each sample

    ELBOW_FIGURE_OF_KL = 1 << 6,          // only of models with a KL (elbow_posterior_has_kl)
    ELBOW_FIGURE_IN_PLAIN_TABLE = 1 << 7, // a column of metrics.csv of models without a KL
    ELBOW_FIGURE_OF_SOME = 1 << 8,        // a column only of runs whose objective has it

    ELBOW_FIGURE_IN_EVAL = ELBOW_FIGURE_IN_WORDS | ELBOW_FIGURE_IN_JSON,
    ELBOW_FIGURE_PLACES = (ELBOW_FIGURE_IN_ROWS << 1) - 1
};

enum { ELBOW_FIGURE_SIGNIFICANT = 16 };

// X(ENUMERATOR, name, unit, meaning, digits, places, is_clock), in the order of columns and keys. The unit is empty for
// plain numbers; digits is the number of decimals in text, or of significant digits if it includes SIGNIFICANT; clocks
// differ from run to run, all others are the same to the last bit. A name never changes.
#define ELBOW_FIGURE_LIST(X)                                                                                           \
    X(ELBOW_FIGURE_SAMPLES, samples, "", "number of samples of the set, or of the class", 0,                           \
      ELBOW_FIGURE_IN_EVAL | ELBOW_FIGURE_IN_CLASSES, false)                                                           \
    X(ELBOW_FIGURE_OBJECTIVE, objective, "nats per sample",                                                            \
      "the quantity that training maximises: recon minus the cost of the KL (such as beta kl) and penalties", 4,       \
      ELBOW_FIGURE_IN_TABLE, false)                                                                                    \
    X(ELBOW_FIGURE_ELBO, elbo, "nats per sample", "recon - kl, whatever beta is: a lower bound of log p(x)", 4,        \
      ELBOW_FIGURE_PLACES | ELBOW_FIGURE_OF_KL, false)                                                                 \
    X(ELBOW_FIGURE_RECON, recon, "nats per sample", "log p(x given z), with one draw of z", 4, ELBOW_FIGURE_PLACES,    \
      false)                                                                                                           \
    X(ELBOW_FIGURE_KL, kl, "nats per sample",                                                                          \
      "divergence of q(z given x) from the prior; of a mixture: by one draw of z", 4,                                  \
      ELBOW_FIGURE_PLACES | ELBOW_FIGURE_OF_KL, false)                                                                 \
    X(ELBOW_FIGURE_KL_INFORMATION, kl_information, "nats per sample",                                                  \
      "part of the KL: mutual information of sample and z, estimated within blocks of 1,024 samples (with "            \
      "--kl-parts)",                                                                                                   \
      4, ELBOW_FIGURE_IN_EVAL | ELBOW_FIGURE_OF_KL, false)                                                             \
    X(ELBOW_FIGURE_KL_INFORMATION_BOUND, kl_information_bound, "nats per sample",                                      \
      "log of the number of samples of the set: an upper bound of any such estimate", 4,                               \
      ELBOW_FIGURE_IN_EVAL | ELBOW_FIGURE_OF_KL, false)                                                                \
    X(ELBOW_FIGURE_KL_TOTAL_CORRELATION, kl_total_correlation, "nats per sample",                                      \
      "part of the KL: divergence of q(z) from the product of its dimensions, likewise; may be negative", 4,           \
      ELBOW_FIGURE_IN_EVAL | ELBOW_FIGURE_OF_KL, false)                                                                \
    X(ELBOW_FIGURE_KL_DIMENSIONS, kl_dimensions, "nats per sample",                                                    \
      "part of the KL: divergence of that product from the prior, likewise", 4,                                        \
      ELBOW_FIGURE_IN_EVAL | ELBOW_FIGURE_OF_KL, false)                                                                \
    X(ELBOW_FIGURE_KNOWN, known, "", "share of the values that are known, where some are missing", 4,                  \
      ELBOW_FIGURE_IN_EVAL | ELBOW_FIGURE_IN_ROWS, false)                                                              \
    X(ELBOW_FIGURE_ELBO_KNOWN, elbo_known, "nats per known value",                                                     \
      "elbo of all samples divided by the number of known values: a lower bound of log p(known)", 6,                   \
      ELBOW_FIGURE_IN_EVAL | ELBOW_FIGURE_OF_KL, false)                                                                \
    X(ELBOW_FIGURE_HIDDEN, hidden, "",                                                                                 \
      "number of known values that were hidden and predicted from the others (with --hide)", 0, ELBOW_FIGURE_IN_EVAL,  \
      false)                                                                                                           \
    X(ELBOW_FIGURE_HIDDEN_RMSE, hidden_rmse, "",                                                                       \
      "root mean square of hidden value minus mean of p(x given z), z the mean of q(z given the others)",              \
      ELBOW_FIGURE_SIGNIFICANT + 4, ELBOW_FIGURE_IN_EVAL, false)                                                       \
    X(ELBOW_FIGURE_HIDDEN_MAE, hidden_mae, "", "mean of its absolute value", ELBOW_FIGURE_SIGNIFICANT + 4,             \
      ELBOW_FIGURE_IN_EVAL, false)                                                                                     \
    X(ELBOW_FIGURE_HIDDEN_RMSE_SCALED, hidden_rmse_scaled, "",                                                         \
      "hidden_rmse of values with data.transform undone, as reconstruct gives them", ELBOW_FIGURE_SIGNIFICANT + 4,     \
      ELBOW_FIGURE_IN_EVAL, false)                                                                                     \
    X(ELBOW_FIGURE_HIDDEN_MAE_SCALED, hidden_mae_scaled, "", "hidden_mae, likewise", ELBOW_FIGURE_SIGNIFICANT + 4,     \
      ELBOW_FIGURE_IN_EVAL, false)                                                                                     \
    X(ELBOW_FIGURE_HIDDEN_ACCURACY, hidden_accuracy, "",                                                               \
      "share of hidden zeros and ones that the mean of p(x given z) rounds to correctly", 4, ELBOW_FIGURE_IN_EVAL,     \
      false)                                                                                                           \
    X(ELBOW_FIGURE_CORRUPTED_MSE, corrupted_mse, "", "mean square of corrupted minus clean values (with --corrupt)",   \
      ELBOW_FIGURE_SIGNIFICANT + 4, ELBOW_FIGURE_IN_EVAL, false)                                                       \
    X(ELBOW_FIGURE_CORRUPTED_PSNR, corrupted_psnr, "dB",                                                               \
      "10 log10(span^2 / corrupted_mse), with the span of the values of the training data", 2, ELBOW_FIGURE_IN_EVAL,   \
      false)                                                                                                           \
    X(ELBOW_FIGURE_DENOISED_MSE, denoised_mse, "",                                                                     \
      "mean square of clean value minus mean of p(x given z), z the mean of q(z given the corrupted)",                 \
      ELBOW_FIGURE_SIGNIFICANT + 4, ELBOW_FIGURE_IN_EVAL, false)                                                       \
    X(ELBOW_FIGURE_DENOISED_PSNR, denoised_psnr, "dB", "likewise, of denoised_mse", 2, ELBOW_FIGURE_IN_EVAL, false)    \
    X(ELBOW_FIGURE_VARIANCE, variance, "",                                                                             \
      "variance of p(x given z), a mean over the values of a Gaussian (train rows: in the last step)",                 \
      ELBOW_FIGURE_SIGNIFICANT + 4, ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_IN_LOG | ELBOW_FIGURE_IN_EVAL, false)         \
    X(ELBOW_FIGURE_RESIDUAL, residual, "",                                                                             \
      "mean square of x minus the mean of p(x given z), for a Gaussian (train rows: in the last step) or without a "   \
      "KL",                                                                                                            \
      ELBOW_FIGURE_SIGNIFICANT + 4, ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_IN_LOG | ELBOW_FIGURE_IN_EVAL, false)         \
    X(ELBOW_FIGURE_DEVIANCE, deviance, "nats per sample",                                                              \
      "recon of a model that predicts each value exactly, minus recon: what is left to explain", 4,                    \
      ELBOW_FIGURE_IN_EVAL, false)                                                                                     \
    X(ELBOW_FIGURE_EXPLAINED_DEVIANCE, explained_deviance, "",                                                         \
      "1 - deviance / deviance of predictions by the mean of each value over the set (in metrics.csv and log: "        \
      "without a KL)",                                                                                                 \
      4, ELBOW_FIGURE_IN_EVAL | ELBOW_FIGURE_IN_LOG | ELBOW_FIGURE_IN_PLAIN_TABLE, false)                              \
    X(ELBOW_FIGURE_ELBO_STORED, elbo_stored, "nats per sample",                                                        \
      "elbo of the density of the values as stored (with data.transform)", 4,                                          \
      ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_IN_EVAL | ELBOW_FIGURE_IN_ROWS | ELBOW_FIGURE_OF_KL, false)                 \
    X(ELBOW_FIGURE_SCALE, scale, "",                                                                                   \
      "scale of p(x given z), a mean over the values (laplace, student_t, discretized_logistic)",                      \
      ELBOW_FIGURE_SIGNIFICANT + 4, ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_IN_LOG | ELBOW_FIGURE_IN_EVAL, false)         \
    X(ELBOW_FIGURE_DF, df, "", "degrees of freedom of p(x given z), a mean over the values (student_t)",               \
      ELBOW_FIGURE_SIGNIFICANT + 4, ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_IN_LOG | ELBOW_FIGURE_IN_EVAL, false)         \
    X(ELBOW_FIGURE_DISPERSION, dispersion, "",                                                                         \
      "dispersion of counts, the geometric mean over the values (negative_binomial, zero_inflated_negative_binomial)", \
      ELBOW_FIGURE_SIGNIFICANT + 4, ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_IN_LOG | ELBOW_FIGURE_IN_EVAL, false)         \
    X(ELBOW_FIGURE_BETA, beta, "", "weight of the KL in the last step", 4, ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_OF_KL, \
      false)                                                                                                           \
    X(ELBOW_FIGURE_CAPACITY, capacity, "nats per sample", "target of the KL in the last step", 4,                      \
      ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_OF_SOME | ELBOW_FIGURE_OF_KL, false)                                        \
    X(ELBOW_FIGURE_MUTUAL_INFORMATION, mutual_information, "nats per sample",                                          \
      "part of the KL: mutual information of sample and z, estimated within microbatches (train rows: in the last "    \
      "step)",                                                                                                         \
      4, ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_OF_SOME | ELBOW_FIGURE_OF_KL, false)                                     \
    X(ELBOW_FIGURE_TOTAL_CORRELATION, total_correlation, "nats per sample",                                            \
      "part of the KL: divergence of q(z) from the product of its dimensions, likewise", 4,                            \
      ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_OF_SOME | ELBOW_FIGURE_OF_KL, false)                                        \
    X(ELBOW_FIGURE_DIMENSION_KL, dimension_kl, "nats per sample",                                                      \
      "part of the KL: divergence of that product from the prior, likewise", 4,                                        \
      ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_OF_SOME | ELBOW_FIGURE_OF_KL, false)                                        \
    X(ELBOW_FIGURE_MMD, mmd, "",                                                                                       \
      "square of the maximum mean discrepancy of z and prior within microbatches (train rows: in the last step)", 4,   \
      ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_OF_SOME, false)                                                             \
    X(ELBOW_FIGURE_DIP_OFF_DIAGONAL, dip_off_diagonal, "",                                                             \
      "sum of the squares of the covariances of two latent dimensions, likewise", 4,                                   \
      ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_OF_SOME | ELBOW_FIGURE_OF_KL, false)                                        \
    X(ELBOW_FIGURE_DIP_DIAGONAL, dip_diagonal, "",                                                                     \
      "sum of the squares of variance - 1 of each latent dimension, likewise", 4,                                      \
      ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_OF_SOME | ELBOW_FIGURE_OF_KL, false)                                        \
    X(ELBOW_FIGURE_CLASS_KL, class_kl, "nats per sample",                                                              \
      "part of kl: divergence of q(y given x) from the uniform p(y); log C if the class is known", 4,                  \
      ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_IN_EVAL | ELBOW_FIGURE_OF_SOME | ELBOW_FIGURE_OF_KL, false)                 \
    X(ELBOW_FIGURE_RATE, rate, "", "learning rate of the last step", 4, ELBOW_FIGURE_IN_TABLE, false)                  \
    X(ELBOW_FIGURE_GRAD_NORM, grad_norm, "",                                                                           \
      "Euclidean norm of the last step's mean gradient, before clipping (train rows)", 4, ELBOW_FIGURE_IN_TABLE,       \
      false)                                                                                                           \
    X(ELBOW_FIGURE_ACTIVE_UNITS, active_units, "",                                                                     \
      "number of latent dimensions whose posterior mean has a variance above 0.01 over the set (valid rows)", 0,       \
      ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_IN_LOG | ELBOW_FIGURE_IN_EVAL, false)                                       \
    X(ELBOW_FIGURE_LABELLED, labelled, "", "number of rows whose label is a class of the classifier", 0,               \
      ELBOW_FIGURE_IN_EVAL, false)                                                                                     \
    X(ELBOW_FIGURE_ACCURACY, accuracy, "",                                                                             \
      "share of the labelled rows whose class is the most probable one of the classifier q(y given x) (valid rows)",   \
      4, ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_OF_SOME | ELBOW_FIGURE_IN_LOG | ELBOW_FIGURE_IN_EVAL, false)             \
    X(ELBOW_FIGURE_ACCURACY_ERROR, accuracy_error, "", "standard error of accuracy", 4, ELBOW_FIGURE_IN_EVAL, false)   \
    X(ELBOW_FIGURE_LOG_CLASS, log_class, "nats per labelled row", "log q(y given x) of the label (valid rows)", 4,     \
      ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_OF_SOME | ELBOW_FIGURE_IN_EVAL, false)                                      \
    X(ELBOW_FIGURE_IMPORTANCE, importance, "", "draws of z for each sample: the K of --importance", 0,                 \
      ELBOW_FIGURE_IN_JSON, false)                                                                                     \
    X(ELBOW_FIGURE_LOG_LIKELIHOOD, log_likelihood, "nats per sample",                                                  \
      "log p(x), estimated by importance sampling (with --importance)", 4,                                             \
      ELBOW_FIGURE_IN_EVAL | ELBOW_FIGURE_IN_ROWS, false)                                                              \
    X(ELBOW_FIGURE_LOG_LIKELIHOOD_STORED, log_likelihood_stored, "nats per sample",                                    \
      "log_likelihood of the values as stored, likewise", 4, ELBOW_FIGURE_IN_EVAL, false)                              \
    X(ELBOW_FIGURE_EFFECTIVE_SAMPLES, effective_samples, "", "how many of the K draws count (with --importance)", 1,   \
      ELBOW_FIGURE_IN_EVAL | ELBOW_FIGURE_IN_ROWS, false)                                                              \
    X(ELBOW_FIGURE_SKIPPED, skipped, "", "number of steps skipped since the last row because numbers were not finite", \
      0, ELBOW_FIGURE_IN_TABLE, false)                                                                                 \
    X(ELBOW_FIGURE_SECONDS, seconds, "s",                                                                              \
      "time since the last row, without evaluation, pictures and checkpoints; valid rows: time of the evaluation", 3,  \
      ELBOW_FIGURE_IN_TABLE, true)                                                                                     \
    X(ELBOW_FIGURE_SAMPLES_PER_S, samples_per_s, "1/s", "samples in these seconds", 0, ELBOW_FIGURE_IN_TABLE, true)    \
    X(ELBOW_FIGURE_COMPUTE, compute, "", "share of rank zero's time in computing", 3, ELBOW_FIGURE_IN_TABLE, true)     \
    X(ELBOW_FIGURE_EXCHANGE, exchange, "", "share of rank zero's time in the exchange, including waits for others", 3, \
      ELBOW_FIGURE_IN_TABLE, true)                                                                                     \
    X(ELBOW_FIGURE_DATA, data, "",                                                                                     \
      "share of rank zero's time in collating microbatches, or waiting for the thread that collates them", 3,          \
      ELBOW_FIGURE_IN_TABLE, true)                                                                                     \
    X(ELBOW_FIGURE_LATE_PAGES, late_pages, "",                                                                         \
      "number of pages of the data that rank zero had to wait for since the last row (with data.order: segments or "   \
      "windows)",                                                                                                      \
      0, ELBOW_FIGURE_IN_TABLE | ELBOW_FIGURE_OF_SOME, true)
enum elbow_figure_kind { ELBOW_FIGURE_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_FIGURES };

struct elbow_figure {
    const char *name, *unit, *meaning;
    int digits;
    unsigned where; // of enum elbow_figure_place
    bool is_clock;
};

// Local. The row of a figure.
const struct elbow_figure *elbow_figure_row(enum elbow_figure_kind kind);

// A figure of one of several parts of model.likelihood. Its name contains the number of the part: variance_0,
// variance_2.
enum { ELBOW_PART_FIGURES = 2 * 16 };
struct elbow_part_figure {
    enum elbow_figure_kind kind;
    size_t part;
    double value;
};

// The figures of a row, an evaluation, a class or a sample. Zeroed: none is given. Plain.
struct elbow_figures {
    double values[ELBOW_FIGURES];
    bool is_given[ELBOW_FIGURES];
    double errors[ELBOW_FIGURES]; // standard errors of means over samples
    bool has_error[ELBOW_FIGURES];
    size_t part_count;
    struct elbow_part_figure parts[ELBOW_PART_FIGURES];
};

// Local. A value as text, with the digits of the figure.
enum { ELBOW_FIGURE_TEXT = 64 };
const char *elbow_figure_text(enum elbow_figure_kind kind, double value, char text[ELBOW_FIGURE_TEXT]);

// Local.
void elbow_figures_set(struct elbow_figures *figures, enum elbow_figure_kind kind, double value);

// Local. The standard error of a mean over samples, from the sums of a value and of its square over them; a single
// sample has none.
void elbow_figures_set_error(struct elbow_figures *figures, enum elbow_figure_kind kind, double samples, double sum,
                             double squares);

// Local. The figure of a part, and its name.
void elbow_figures_set_part(struct elbow_figures *figures, enum elbow_figure_kind kind, size_t part, double value);
enum { ELBOW_FIGURE_NAME = 48 };
const char *elbow_figure_name_part(enum elbow_figure_kind kind, size_t part, char name[ELBOW_FIGURE_NAME]);

// Local. The figure of a part; NaN if it is not given.
double elbow_figures_get_part(const struct elbow_figures *figures, enum elbow_figure_kind kind, size_t part);

// Local. Copies the figures that are given in `more`.
void elbow_figures_add(struct elbow_figures *figures, const struct elbow_figures *more);

// Local. NaN if it is not given.
double elbow_figures_get(const struct elbow_figures *figures, enum elbow_figure_kind kind);

// Local. Whether a figure is given and belongs to a place.
bool elbow_figures_has(const struct elbow_figures *figures, enum elbow_figure_kind kind, enum elbow_figure_place place);

ELBOW_C_END

#endif
