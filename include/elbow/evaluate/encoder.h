// SPDX-License-Identifier: BSD-3-Clause
// Encoding a dataset: mean, log_variance and the figures of every row, in input order, into a file.
#ifndef ELBOW_EVALUATE_ENCODER_H
#define ELBOW_EVALUATE_ENCODER_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// Where an encoding goes, and what it holds beside what is always there. Nothing is owned.
struct elbow_encode_output {
    const char *path;
    enum elbow_publish publish;
    const struct elbow_checkpoint *checkpoint; // whose model it is, for the file's attributes; NULL: not known
    bool is_averaged;                          // its averaged weights were taken
    const char *into; // /obsm/NAME: the file is a copy of the AnnData file of the rows, with means and variances as
                      // NAME and NAME_variance; NULL: it is a table
};

// Collective. Writes a table (elbow/output/sink.h) of mean (Z), log_variance (Z), and the figures that the measures
// have of a row: recon, kl, elbo in nats, with importance K log_likelihood and effective_samples; and labels where the
// dataset has them, with their names. The file appears complete or not at all, as elbow/base/output.h tells. USAGE for
// an ending of no format that holds that.
//
// With `into` likewise the copy: USAGE for another name than /obsm/NAME, or another ending than .h5ad; MISMATCH if the
// rows are not all those of one AnnData file.
enum elbow_status elbow_encode(const struct elbow_evaluation_request *request, const struct elbow_encode_output *output,
                               struct elbow_error *error);

// Local. Whether `path` and `into` can be meant: USAGE as above.
enum elbow_status elbow_encode_check_into(const char *path, const char *into, struct elbow_error *error);

ELBOW_C_END

#endif
