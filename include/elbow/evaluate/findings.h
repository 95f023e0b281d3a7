// SPDX-License-Identifier: BSD-3-Clause
// What elbow score finds out: scores of the rows of a dataset, how unusual each is beside rows that are known to be
// normal, and how well the scores tell anomalies, where labels say which those are.
#ifndef ELBOW_EVALUATE_FINDINGS_H
#define ELBOW_EVALUATE_FINDINGS_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/evaluate/anomalies.h"
#include "elbow/evaluate/scorer.h"
#include "elbow/evaluate/session.h"
#include "elbow/statistics/ranking.h"

ELBOW_C_BEGIN

enum { ELBOW_FINDINGS_IMPORTANCE = 100 }; // draws of z, where the score needs them and nobody says how many

// Nothing is owned. Words are those of the command line.
struct elbow_findings_request {
    struct elbow_session_request rows;
    const char *calibrate;                       // FILE[:/dataset] of rows that are known to be normal, or NULL
    const char *calibrate_mask, *calibrate_size; // what lies beside these rows, or NULL
    size_t calibrate_condition_count;            // likewise, as in a session's request
    const char *const *calibrate_condition_from;
    const char *against; // another checkpoint, whose scores of the same rows are taken off, or NULL
    const char *by;      // a word of ELBOW_SCORE_BY_LIST; NULL: elbo, or recon of a model without a KL
    int64_t importance;  // draws of z; 0: none, unless the score needs them
    double rate;         // of false discoveries; 0: nothing is selected
    size_t normal_count;
    const char *const *normal; // classes that are normal
    const char *curves;        // a picture of both curves, or NULL; needs labels
    const char *picture;       // of the most unusual rows, or NULL
    int64_t worst;             // how many
    int64_t components;        // of the PCA beside it; below 0: as many as the latent space has; 0: none
};

// How well scores tell anomalies from normal rows.
struct elbow_findings_ranking {
    bool is_there;
    struct elbow_ranking ranking; // owned
    struct elbow_estimate auroc, average_precision;
};

enum elbow_findings_session { // whose rows, under which model
    ELBOW_FINDINGS_OWN,
    ELBOW_FINDINGS_CALIBRATION,
    ELBOW_FINDINGS_AGAINST,
    ELBOW_FINDINGS_CALIBRATION_AGAINST,
    ELBOW_FINDINGS_TRAINING,
    ELBOW_FINDINGS_SESSIONS
};

// Everything is owned. Arrays and figures are rank zero's, sessions are on all ranks.
struct elbow_findings {
    struct elbow_session *sessions; // [ELBOW_FINDINGS_SESSIONS]
    bool has[ELBOW_FINDINGS_SESSIONS];
    enum elbow_score_by by;
    int64_t importance;
    struct elbow_row_scores own, calibration, against, calibration_against;
    double *scores;    // (rows) what is ranked: the model's, less the other's
    double *p_values;  // (rows) NULL: no calibration
    double rate;       // of false discoveries; 0: none
    bool *is_selected; // (rows) NULL: none
    size_t selected;
    struct elbow_anomalies anomalies;
    struct elbow_findings_ranking ranking, baseline;
    size_t components;      // of the baseline
    uint64_t baseline_rows; // that it was fitted to
    size_t *order;          // (rows) by falling score
};

// Collective. Opens and scores everything; logs what is left out, and why. USAGE, MISMATCH and whatever opening a
// session says; a failure leaves something to clear.
enum elbow_status elbow_findings_make(struct elbow_comm *comm, const struct elbow_findings_request *request,
                                      struct elbow_log *log, struct elbow_findings *findings,
                                      struct elbow_error *error);

// Collective. The table of elbow/evaluate/score_table.h, written by rank zero.
enum elbow_status elbow_findings_write(struct elbow_comm *comm, const struct elbow_findings *findings, const char *path,
                                       enum elbow_publish publish, struct elbow_error *error);

// Collective. The pictures that were asked for, made by rank zero (of rows: by all ranks).
enum elbow_status elbow_findings_draw(struct elbow_comm *comm, const struct elbow_findings *findings,
                                      const struct elbow_findings_request *request, struct elbow_error *error);

// Local. Looks at the datasets that will be loaded (elbow/data/preview.h).
void elbow_findings_preview(const struct elbow_findings_request *request, char *note);

// Collective. A zeroed struct is legal.
void elbow_findings_clear(struct elbow_comm *comm, struct elbow_findings *findings);

ELBOW_C_END

#endif
