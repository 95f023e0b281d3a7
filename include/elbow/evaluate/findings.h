// SPDX-License-Identifier: BSD-3-Clause
// The findings of `elbow score`: scores of the rows of a dataset, their p-values given rows that are known to be
// normal, and, if there are labels, how well the scores separate anomalies from normal rows.
#ifndef ELBOW_EVALUATE_FINDINGS_H
#define ELBOW_EVALUATE_FINDINGS_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/evaluate/anomalies.h"
#include "elbow/evaluate/scorer.h"
#include "elbow/evaluate/session.h"
#include "elbow/statistics/ranking.h"

ELBOW_C_BEGIN

enum { ELBOW_FINDINGS_IMPORTANCE = 100 }; // default number of draws of z if the score needs them

// Nothing is owned. Words are those of the command line.
struct elbow_findings_request {
    struct elbow_session_request rows;
    const char *calibrate;                       // FILE[:/dataset] of rows that are known to be normal, or NULL
    const char *calibrate_mask, *calibrate_size; // companions of these rows, or NULL
    size_t calibrate_condition_count;            // conditions of these rows, as in a session's request
    const char *const *calibrate_condition_from;
    const char *against; // another checkpoint, whose scores of the same rows are subtracted, or NULL
    const char *by;      // a word of ELBOW_SCORE_BY_LIST; NULL: elbo, or recon of a model without a KL
    int64_t importance;  // number of draws of z; 0: none, or the default if the score needs them
    double rate;         // false discovery rate; 0: select nothing
    size_t normal_count;
    const char *const *normal; // [normal_count] classes that are normal
    const char *curves;        // file for a picture of both curves, or NULL; needs labels
    const char *picture;       // file for a picture of the most unusual rows, or NULL
    int64_t worst;             // number of rows in that picture
    int64_t components;        // of the PCA for comparison; < 0: the number of latent dimensions; 0: no PCA
};

// How well scores separate anomalies from normal rows.
struct elbow_findings_ranking {
    bool is_there;
    struct elbow_ranking ranking; // owned
    struct elbow_estimate auroc, average_precision;
};

enum elbow_findings_session { // a dataset and a model
    ELBOW_FINDINGS_OWN,
    ELBOW_FINDINGS_CALIBRATION,
    ELBOW_FINDINGS_AGAINST,
    ELBOW_FINDINGS_CALIBRATION_AGAINST,
    ELBOW_FINDINGS_TRAINING,
    ELBOW_FINDINGS_SESSIONS
};

// Everything is owned. Arrays and figures are on rank zero, sessions on all ranks.
struct elbow_findings {
    struct elbow_session *sessions; // [ELBOW_FINDINGS_SESSIONS]
    bool has[ELBOW_FINDINGS_SESSIONS];
    enum elbow_score_by by;
    int64_t importance;
    struct elbow_row_scores own, calibration, against, calibration_against;
    double *scores;    // (rows) the ranked scores: the model's, minus those of `against`
    double *p_values;  // (rows), or NULL without calibration
    double rate;       // false discovery rate; 0: none
    bool *is_selected; // (rows), or NULL without a rate
    size_t selected;
    struct elbow_anomalies anomalies;
    struct elbow_findings_ranking ranking, baseline;
    size_t components;      // of the baseline
    uint64_t baseline_rows; // number of rows that it was fitted to
    size_t *order;          // (rows) row numbers by descending score
};

// Collective. Opens all sessions and scores their rows; logs the parts that are left out, with the reason. USAGE,
// MISMATCH, and errors of elbow_session_open. The caller clears *findings, also after a failure.
enum elbow_status elbow_findings_make(struct elbow_comm *comm, const struct elbow_findings_request *request,
                                      struct elbow_log *log, struct elbow_findings *findings,
                                      struct elbow_error *error);

// Collective. Rank zero writes the table of elbow/evaluate/score_table.h.
enum elbow_status elbow_findings_write(struct elbow_comm *comm, const struct elbow_findings *findings, const char *path,
                                       enum elbow_publish publish, struct elbow_error *error);

// Collective. Draws the requested pictures: rank zero the curves, all ranks the rows.
enum elbow_status elbow_findings_draw(struct elbow_comm *comm, const struct elbow_findings *findings,
                                      const struct elbow_findings_request *request, struct elbow_error *error);

// Local. Previews the datasets that will be loaded (elbow/data/preview.h).
void elbow_findings_preview(const struct elbow_findings_request *request, char *note);

// Collective. A zeroed struct is legal.
void elbow_findings_clear(struct elbow_comm *comm, struct elbow_findings *findings);

ELBOW_C_END

#endif
