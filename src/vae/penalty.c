// SPDX-License-Identifier: BSD-3-Clause
// The tables of costs of the KL and of penalties, and functions for all of those that an objective has.
#include "elbow/vae/detail/objective.h"

#include "elbow/base/status.h"

#define KL_ROW(name, word, ...) [name] = &elbow_kl_##word,
static const struct elbow_kl *const kl_rows[] = {ELBOW_KL_LIST(KL_ROW)};

const struct elbow_kl *elbow_kl_row(enum elbow_kl_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_KLS);
    return kl_rows[kind];
}

#define PENALTY_ROW(name, word, ...) [name] = &elbow_penalty_##word,
static const struct elbow_penalty *const penalty_rows[] = {ELBOW_PENALTY_LIST(PENALTY_ROW)};

const struct elbow_penalty *elbow_penalty_row(enum elbow_penalty_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_PENALTIES);
    return penalty_rows[kind];
}

static bool has(const struct elbow_terms *terms, int kind)
{
    return (terms->penalties >> kind & 1) != 0;
}

static size_t add_figures(const enum elbow_figure_kind *of, size_t count,
                          enum elbow_figure_kind figures[ELBOW_OBJECTIVE_FIGURES])
{
    for (; of != NULL && *of != ELBOW_FIGURES; ++of) {
        ELBOW_CHECK(count < ELBOW_OBJECTIVE_FIGURES);
        figures[count++] = *of;
    }
    return count;
}

size_t elbow_objective_figures(const struct elbow_terms *terms, enum elbow_figure_kind figures[ELBOW_OBJECTIVE_FIGURES])
{
    size_t count = add_figures(elbow_kl_row(terms->kl)->figures, 0, figures);
    for (int kind = 0; kind < ELBOW_PENALTIES; ++kind)
        if (has(terms, kind))
            count = add_figures(penalty_rows[kind]->figures, count, figures);
    return count;
}

static size_t larger(size_t most, size_t (*workspace)(size_t rows, size_t latent), size_t rows, size_t latent)
{
    size_t size = workspace != NULL ? workspace(rows, latent) : 0;
    return size > most ? size : most;
}

size_t elbow_objective_workspace(const struct elbow_terms *terms, size_t rows, size_t latent)
{
    size_t most = larger(0, elbow_kl_row(terms->kl)->workspace, rows, latent);
    for (int kind = 0; kind < ELBOW_PENALTIES; ++kind)
        if (has(terms, kind))
            most = larger(most, penalty_rows[kind]->workspace, rows, latent);
    return most;
}

double elbow_pass_penalty(const struct elbow_pass *pass)
{
    enum elbow_figure_kind ignored[ELBOW_OBJECTIVE_FIGURES];
    size_t at = add_figures(elbow_kl_row(pass->terms.kl)->figures, 0, ignored);
    double sum = 0;
    for (int kind = 0; kind < ELBOW_PENALTIES; ++kind)
        if (has(&pass->terms, kind)) {
            sum += penalty_rows[kind]->cost(pass, pass->notes != NULL ? pass->notes + at : NULL);
            at = add_figures(penalty_rows[kind]->figures, at, ignored);
        }
    return sum;
}

void elbow_pass_pull(const struct elbow_pass *pass, float *dz, double *derivatives)
{
    double scale = 0; // each row pays
    for (size_t i = 0; i < pass->rows; ++i)
        scale += elbow_pass_weight(pass, i);
    for (int kind = 0; kind < ELBOW_PENALTIES; ++kind)
        if (has(&pass->terms, kind))
            penalty_rows[kind]->backward(pass, scale, dz, derivatives);
}
