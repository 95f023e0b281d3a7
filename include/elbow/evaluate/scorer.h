// SPDX-License-Identifier: BSD-3-Clause
// How unusual each row of a dataset is under a model: figures of every row, and one of them as its score. Larger is
// more unusual. The figures are those of an evaluation, with its noise and its binarisation: the same bits at each
// call, on any number of ranks.
#ifndef ELBOW_EVALUATE_SCORER_H
#define ELBOW_EVALUATE_SCORER_H

#include "elbow/base/language.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// What a score is: X(ENUMERATOR, word). Of elbo, recon and importance it is minus the log-density, so that larger is
// more unusual; of kl and deviance the figure itself.
#define ELBOW_SCORE_BY_LIST(X)                                                                                         \
    X(ELBOW_SCORE_BY_ELBO, elbo)                                                                                       \
    X(ELBOW_SCORE_BY_RECON, recon)                                                                                     \
    X(ELBOW_SCORE_BY_KL, kl)                                                                                           \
    X(ELBOW_SCORE_BY_IMPORTANCE, importance)                                                                           \
    X(ELBOW_SCORE_BY_DEVIANCE, deviance)
enum elbow_score_by { ELBOW_SCORE_BY_LIST(ELBOW_KIND_ENUMERATOR) ELBOW_SCORE_BYS };

// Local. The word of a kind.
const char *elbow_score_word(enum elbow_score_by by);

enum elbow_score_figure {
    ELBOW_SCORE_RECON,
    ELBOW_SCORE_KL, // this and the next: of models with a KL alone
    ELBOW_SCORE_ELBO,
    ELBOW_SCORE_DEVIANCE,       // +infinity where the likelihood has no largest density
    ELBOW_SCORE_LOG_LIKELIHOOD, // this and the next: with importance samples alone
    ELBOW_SCORE_EFFECTIVE,
    ELBOW_SCORE_FIGURES
};

// Of all rows, on rank zero; elsewhere nothing is there. Owned.
struct elbow_row_scores {
    uint64_t rows;
    double *figures; // (rows, ELBOW_SCORE_FIGURES)
    double *scores;  // (rows)
    bool has_kl, has_deviance, has_importance;
};

// Collective. Scores all rows of the request's dataset. USAGE for deviance where the likelihood has none; MEMORY. A
// failure leaves nothing to clear.
enum elbow_status elbow_score_rows(const struct elbow_evaluation_request *request, enum elbow_score_by by,
                                   struct elbow_row_scores *scores, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_row_scores_clear(struct elbow_row_scores *scores);

ELBOW_C_END

#endif
