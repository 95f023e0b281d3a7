// SPDX-License-Identifier: BSD-3-Clause
// Scores of rows under a model: figures of every row, one of which is its score. A larger score is more unusual. The
// figures are those of an evaluation, with the same noise and binarisation: the same bits in each call, on any number
// of ranks.
#ifndef ELBOW_EVALUATE_SCORER_H
#define ELBOW_EVALUATE_SCORER_H

#include "elbow/base/language.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// The kinds of scores: X(ENUMERATOR, word). For elbo, recon and importance the score is minus the log-density; for kl
// and deviance it is the figure itself.
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
    ELBOW_SCORE_KL, // this and the next: only for models with a KL
    ELBOW_SCORE_ELBO,
    ELBOW_SCORE_DEVIANCE,       // +infinity if the density of the likelihood has no maximum
    ELBOW_SCORE_LOG_LIKELIHOOD, // this and the next: only with importance samples
    ELBOW_SCORE_EFFECTIVE,
    ELBOW_SCORE_FIGURES
};

// The scores of all rows, on rank zero; empty on other ranks. Owned.
struct elbow_row_scores {
    uint64_t rows;
    double *figures; // (rows, ELBOW_SCORE_FIGURES)
    double *scores;  // (rows)
    bool has_kl, has_deviance, has_importance;
};

// Collective. Scores all rows of the request's dataset. USAGE for deviance if the likelihood has none; MEMORY. After a
// failure there is nothing to clear.
enum elbow_status elbow_score_rows(const struct elbow_evaluation_request *request, enum elbow_score_by by,
                                   struct elbow_row_scores *scores, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_row_scores_clear(struct elbow_row_scores *scores);

ELBOW_C_END

#endif
