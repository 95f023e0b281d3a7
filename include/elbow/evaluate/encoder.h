// SPDX-License-Identifier: BSD-3-Clause
// Encoding of a dataset into a file: mean, log_variance and the figures of every row, in input order.
#ifndef ELBOW_EVALUATE_ENCODER_H
#define ELBOW_EVALUATE_ENCODER_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// The output of an encoding. Nothing is owned.
struct elbow_encode_output {
    const char *path;
    enum elbow_publish publish;
    const struct elbow_checkpoint *checkpoint; // of the model, for the attributes of the file; NULL: unknown
    bool is_averaged;                          // the model uses the averaged weights
    const char *into; // /obsm/NAME: write a copy of the rows' AnnData file with the means as NAME and the variances as
                      // NAME_variance; NULL: write a table
};

// Collective. Writes a table (elbow/output/sink.h) with mean (Z), log_variance (Z) and the figures of each row: recon,
// kl, elbo in nats, with importance K also log_likelihood and effective_samples; and labels with their names if the
// dataset has them. The file appears complete or not at all (elbow/base/output.h). USAGE for an ending of a format that
// cannot hold these columns; OUTPUT, MEMORY.
//
// With `into` writes the copy instead. USAGE if `into` is not /obsm/NAME or the ending is not .h5ad; MISMATCH if the
// rows are not exactly those of one AnnData file.
enum elbow_status elbow_encode(const struct elbow_evaluation_request *request, const struct elbow_encode_output *output,
                               struct elbow_error *error);

// Local. Checks the forms of `path` and `into`. USAGE as above.
enum elbow_status elbow_encode_check_into(const char *path, const char *into, struct elbow_error *error);

ELBOW_C_END

#endif
