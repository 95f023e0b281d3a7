// SPDX-License-Identifier: BSD-3-Clause
// Encoding a dataset: mean, log_variance and the figures of every row, in input order, into a file.
#ifndef ELBOW_EVALUATE_ENCODER_H
#define ELBOW_EVALUATE_ENCODER_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// Collective. Writes a table (elbow/output/sink.h) of mean (Z), log_variance (Z), and the figures that the measures
// have of a row: recon, kl, elbo in nats, with importance K log_likelihood and effective_samples; and labels where the
// dataset has them, with their names. The file appears complete or not at all, as elbow/base/output.h tells. USAGE for
// an ending of no format that holds that.
enum elbow_status elbow_encode(const struct elbow_evaluation_request *request, const char *path,
                               enum elbow_publish publish, struct elbow_error *error);

ELBOW_C_END

#endif
