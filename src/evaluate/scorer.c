// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/scorer.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/measure.h"
#include "elbow/parallel/ordered_rows.h"

#include <math.h>
#include <string.h>

enum { SUMS_MAX = 8 }; // doubles of a measure's vector, which nobody asks for here
static const size_t ROW_BYTES = ELBOW_SCORE_FIGURES * sizeof(double);

struct scoring {
    const struct elbow_evaluation_request *request;
    struct elbow_measure_plan plan;
    struct elbow_measured measured;
    struct elbow_row_scores *scores;
};

const char *elbow_score_word(enum elbow_score_by by)
{
    static const char *const words[] = {ELBOW_SCORE_BY_LIST(ELBOW_KIND_WORD)};
    ELBOW_CHECK((unsigned)by < ELBOW_SCORE_BYS);
    return words[by];
}

// The results of a measure stay in the workspace of the microbatch.
static void measure(struct scoring *scoring, enum elbow_measure_kind kind)
{
    double sums[SUMS_MAX];
    const struct elbow_measure *row = elbow_measure_row(kind);
    ELBOW_CHECK(row->width(&scoring->plan) <= SUMS_MAX);
    row->microbatch(&scoring->measured, sums);
}

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct scoring *scoring = user;
    const struct elbow_measured *measured = &scoring->measured;
    double *figures = results;
    bool has_importance = scoring->request->importance > 0;
    elbow_measured_evaluate(&scoring->measured, first, count);
    measure(scoring, ELBOW_MEASURE_DEVIANCE);
    if (has_importance)
        measure(scoring, ELBOW_MEASURE_IMPORTANCE);
    for (size_t i = 0; i < count; ++i, figures += ELBOW_SCORE_FIGURES) {
        figures[ELBOW_SCORE_RECON] = measured->recon[i];
        figures[ELBOW_SCORE_KL] = measured->kl[i];
        figures[ELBOW_SCORE_ELBO] = measured->recon[i] - measured->kl[i];
        figures[ELBOW_SCORE_DEVIANCE] = measured->deviances[i];
        figures[ELBOW_SCORE_LOG_LIKELIHOOD] =
            has_importance ? elbow_importance_log_likelihood(&measured->weights[i]) : 0;
        figures[ELBOW_SCORE_EFFECTIVE] = has_importance ? elbow_importance_effective(&measured->weights[i]) : 0;
    }
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    struct scoring *scoring = user;
    (void)error;
    memcpy(scoring->scores->figures + first * ELBOW_SCORE_FIGURES, results, count * ROW_BYTES);
    return ELBOW_OK;
}

static double score_of(enum elbow_score_by by, const double *figures)
{
    switch (by) {
    case ELBOW_SCORE_BY_ELBO:
        return -figures[ELBOW_SCORE_ELBO];
    case ELBOW_SCORE_BY_RECON:
        return -figures[ELBOW_SCORE_RECON];
    case ELBOW_SCORE_BY_KL:
        return figures[ELBOW_SCORE_KL];
    case ELBOW_SCORE_BY_IMPORTANCE:
        return -figures[ELBOW_SCORE_LOG_LIKELIHOOD];
    case ELBOW_SCORE_BY_DEVIANCE:
        return figures[ELBOW_SCORE_DEVIANCE];
    case ELBOW_SCORE_BYS:
        break;
    }
    ELBOW_CHECK(!"a score");
    return NAN;
}

// Rank zero's.
static enum elbow_status conclude(const struct elbow_evaluation_request *request, enum elbow_score_by by,
                                  struct elbow_row_scores *scores, struct elbow_error *error)
{
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    scores->has_kl = request->model->prior != NULL;
    scores->has_importance = request->importance > 0;
    for (uint64_t i = 0; i < scores->rows; ++i) {
        const double *figures = scores->figures + i * ELBOW_SCORE_FIGURES;
        scores->scores[i] = score_of(by, figures);
        scores->has_deviance = scores->has_deviance || !isinf(figures[ELBOW_SCORE_DEVIANCE]);
    }
    if (by != ELBOW_SCORE_BY_DEVIANCE || scores->has_deviance)
        return ELBOW_OK;
    elbow_config_name_likelihoods(request->config, words);
    return elbow_error_set(
        error, ELBOW_USAGE,
        "--by deviance: the density of a %s likelihood has no maximum to compare with; give --by recon", words);
}

static enum elbow_status allocate_workspace(struct scoring *scoring, struct elbow_error *error)
{
    struct elbow_row_scores *scores = scoring->scores;
    bool is_root = elbow_comm_place(scoring->request->comm).rank == 0;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(scores->figures, scores->rows * ELBOW_SCORE_FIGURES),
                                         ELBOW_ARRAY(scores->scores, scores->rows)};
    enum elbow_status status =
        is_root ? elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the scores of all rows", error)
                : ELBOW_OK;
    if (status != ELBOW_OK)
        return status;
    return elbow_measured_create(&scoring->plan, scoring->request->model->rows_max, &scoring->measured, error);
}

enum elbow_status elbow_score_rows(const struct elbow_evaluation_request *request, enum elbow_score_by by,
                                   struct elbow_row_scores *scores, struct elbow_error *error)
{
    struct elbow_evaluation_request wanted = *request;
    struct scoring scoring = {
        .request = &wanted, .plan = {.request = &wanted, .latent = request->model->latent}, .scores = scores};
    struct elbow_ordered_rows_job job = {.rows = request->dataset->samples,
                                         .microbatch = request->model->rows_max,
                                         .row_bytes = ROW_BYTES,
                                         .user = &scoring,
                                         .produce = produce,
                                         .consume = consume,
                                         .check = elbow_dataset_check_rows,
                                         .source = request->dataset,
                                         .runs = elbow_dataset_runs(request->dataset)};
    wanted.deviance = true;
    *scores = (struct elbow_row_scores){.rows = request->dataset->samples};
    *error = (struct elbow_error){0};
    allocate_workspace(&scoring, error);
    if (elbow_comm_agree(request->comm, error) == ELBOW_OK)
        elbow_ordered_rows_run(request->comm, &job, error);
    if (error->status == ELBOW_OK) {
        if (elbow_comm_place(request->comm).rank == 0)
            conclude(request, by, scores, error);
        elbow_comm_agree_root(request->comm, error);
    }
    elbow_measured_destroy(&scoring.measured);
    if (error->status != ELBOW_OK)
        elbow_row_scores_clear(scores);
    return error->status;
}

void elbow_row_scores_clear(struct elbow_row_scores *scores)
{
    elbow_release(&scores->figures);
    elbow_release(&scores->scores);
    *scores = (struct elbow_row_scores){0};
}
