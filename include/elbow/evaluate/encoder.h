// SPDX-License-Identifier: BSD-3-Clause
// Encoding a dataset: mean, log_variance, recon, kl and elbo of every row, in input order, into an HDF5 file.
#ifndef ELBOW_EVALUATE_ENCODER_H
#define ELBOW_EVALUATE_ENCODER_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// Collective. Writes /mean (N, Z), /log_variance (N, Z), /recon, /kl, /elbo (N) in nats, /labels (N) where the dataset
// has them (with /label_values and /label_names where those have names), and with importance K /log_likelihood and
// /effective_samples (N). The file appears complete or not at all, as elbow/base/output.h tells.
enum elbow_status elbow_encode(const struct elbow_evaluation_request *request, const char *path,
                               enum elbow_publish publish, struct elbow_error *error);

ELBOW_C_END

#endif
