// SPDX-License-Identifier: BSD-3-Clause
// The sessions of `elbow score`.
#ifndef ELBOW_EVALUATE_DETAIL_FINDINGS_H
#define ELBOW_EVALUATE_DETAIL_FINDINGS_H

#include "elbow/base/language.h"
#include "elbow/evaluate/baseline.h"
#include "elbow/evaluate/findings.h"
#include "elbow/evaluate/gallery.h"

ELBOW_C_BEGIN

// Collective. Opens the sessions that are needed, settles the kind of score, and finds the anomalies by the labels.
enum elbow_status elbow_findings_open(struct elbow_comm *comm, const struct elbow_findings_request *request,
                                      struct elbow_log *log, struct elbow_findings *findings,
                                      struct elbow_error *error);

// Collective. Warns of rows for calibration whose p-values are not valid: they trained the model or chose its
// checkpoint, or they are the rows that are scored. Both sessions are open; the requests are theirs. MISMATCH where
// nodes read different rows.
enum elbow_status elbow_findings_check_calibration(struct elbow_comm *comm, const struct elbow_session_request *rows,
                                                   const struct elbow_session_request *calibration,
                                                   struct elbow_log *log, struct elbow_findings *findings,
                                                   struct elbow_error *error);

// Local. A gallery for pictures of the rows, in the values of the model. It borrows from the findings.
struct elbow_gallery elbow_findings_gallery(struct elbow_comm *comm, const struct elbow_findings *findings);

// Local. The number of components of the PCA: the requested number, or the maximum if that is smaller.
size_t elbow_findings_components(const struct elbow_findings *findings, const struct elbow_dataset *training);

ELBOW_C_END

#endif
