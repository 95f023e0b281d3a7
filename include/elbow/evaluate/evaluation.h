// SPDX-License-Identifier: BSD-3-Clause
// Evaluations: request, result, and microbatches.
#ifndef ELBOW_EVALUATE_EVALUATION_H
#define ELBOW_EVALUATE_EVALUATION_H

#include "elbow/base/language.h"
#include "elbow/config/figures.h"
#include "elbow/data/collate.h"
#include "elbow/vae/model.h"

ELBOW_C_BEGIN

// Nothing is owned.
struct elbow_evaluation_request {
    struct elbow_comm *comm;
    struct elbow_model *model;
    const float *parameters;
    const struct elbow_dataset *dataset;
    const struct elbow_config *config; // seed, microbatch, binarisation, objective
    struct elbow_terms terms;
    int64_t importance; // number K of importance samples; 0: none
    int64_t
        kl_block;   // rows of a block for the parts of the KL; 0: no parts. Needs a prior that is the same for all rows
    bool per_class; // figures for each class; needs labels
    bool deviance;  // needs another pass over the dataset
    double hide;    // share of the known values that are hidden and predicted from the others; 0: none
    bool decodes;   // decode rows at the mean of q(z|x) (elbow_measured_decode) even if no measure needs it
    bool corrupt;   // the encoder sees corrupted values, as in training; needs model.input.corrupt
};

enum { ELBOW_KL_BLOCK = 1024 };

struct elbow_class_figures {
    int64_t label;    // ELBOW_LABEL_UNKNOWN: samples without a label
    const char *name; // of the label, or NULL; borrows from the dataset
    struct elbow_figures figures;
};

struct elbow_evaluation {
    struct elbow_figures figures; // of the requested measures
    size_t latent;
    double *kl; // [latent] mean per dimension, in nats; NULL: there is no KL; owned
    bool has_sampled_kl;
    size_t class_count;
    bool has_too_many_classes;           // more than a thousand: class_count is then 0
    struct elbow_class_figures *classes; // [class_count] by label; owned
    size_t confusion_classes;            // number C of classes of a classifier
    double *confusion;                   // (C, C) numbers of rows by class of the label and most probable class; owned
};

// Local. A zeroed struct is legal.
void elbow_evaluation_clear(struct elbow_evaluation *evaluation);

// Local. Collates samples [first, first + rows) of the dataset with their noise, as evaluation, encoding and
// reconstruction do (elbow_collation_of_evaluation). The arrays are those of `collated`.
struct elbow_microbatch elbow_evaluation_microbatch(const struct elbow_collation *collation, uint64_t first,
                                                    size_t rows, struct elbow_collated *collated);

ELBOW_C_END

#endif
