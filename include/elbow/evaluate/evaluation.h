// SPDX-License-Identifier: BSD-3-Clause
// What an evaluation is asked for, what it comes to, and what its microbatches are.
#ifndef ELBOW_EVALUATE_EVALUATION_H
#define ELBOW_EVALUATE_EVALUATION_H

#include "elbow/base/language.h"
#include "elbow/config/figures.h"
#include "elbow/data/collate.h"
#include "elbow/vae/model.h"

ELBOW_C_BEGIN

struct elbow_evaluation_request {
    struct elbow_comm *comm;
    struct elbow_model *model;
    const float *parameters;
    const struct elbow_dataset *dataset;
    const struct elbow_config *config; // seed, microbatch, binarisation, objective
    struct elbow_terms terms;
    int64_t importance; // samples K; 0: none
    int64_t kl_block;   // parts of the KL by blocks of so many rows; 0: none. Needs a prior that is one for all rows
    bool per_class;     // needs labels
    bool deviance;      // a pass over the dataset more
    double hide;        // the share of the known values that are hidden, to be told by the others; 0: none
    bool decodes;       // rows are decoded at the mean of q(z|x) (elbow_measured_decode), whatever measures there are
    bool corrupt;       // the encoder sees corrupted values, as in training, which model.input has to say
};

enum { ELBOW_KL_BLOCK = 1024 };

struct elbow_class_figures {
    int64_t label;    // ELBOW_LABEL_UNKNOWN: of the samples without one
    const char *name; // of the label, the dataset's; NULL: it has none
    struct elbow_figures figures;
};

struct elbow_evaluation {
    struct elbow_figures figures; // of the measures that were asked for
    size_t latent;
    double *kl; // (latent) means per dimension; NULL: there is no KL; owned
    bool has_sampled_kl;
    size_t class_count;
    bool has_too_many_classes;           // more than a thousand: then there are no classes
    struct elbow_class_figures *classes; // by label; owned
    size_t confusion_classes;            // C of a classifier
    double *confusion;                   // (C, C) rows by the class of their label, and by the likeliest; owned
};

// Local. A zeroed struct is legal.
void elbow_evaluation_clear(struct elbow_evaluation *evaluation);

// Local. Samples [first, first + rows) of the dataset, with their noise: a microbatch of evaluation, encoding and
// reconstruction alike (elbow_collation_of_evaluation).
struct elbow_microbatch elbow_evaluation_microbatch(const struct elbow_collation *collation, uint64_t first,
                                                    size_t rows, struct elbow_collated *collated);

ELBOW_C_END

#endif
