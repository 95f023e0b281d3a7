// SPDX-License-Identifier: BSD-3-Clause
// All ranks open the sessions and score the rows; rank zero alone uses the scores.
#include "elbow/evaluate/detail/findings.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/score_table.h"

static enum elbow_status score(struct elbow_comm *comm, const struct elbow_findings *findings,
                               enum elbow_findings_session which, struct elbow_row_scores *scores,
                               struct elbow_error *error)
{
    const struct elbow_session *session = &findings->sessions[which];
    const struct elbow_config *config = &session->checkpoint.config;
    const struct elbow_evaluation_request request = {.comm = comm,
                                                     .model = session->model,
                                                     .parameters = session->checkpoint.values,
                                                     .dataset = &session->dataset,
                                                     .config = config,
                                                     .terms = elbow_objective_terms(config, config->objective.beta),
                                                     .importance = findings->importance};
    return findings->has[which] ? elbow_score_rows(&request, findings->by, scores, error) : ELBOW_OK;
}

// Collective.
static enum elbow_status score_all(struct elbow_comm *comm, struct elbow_findings *findings, struct elbow_error *error)
{
    enum elbow_status status = score(comm, findings, ELBOW_FINDINGS_OWN, &findings->own, error);
    if (status == ELBOW_OK)
        status = score(comm, findings, ELBOW_FINDINGS_AGAINST, &findings->against, error);
    if (status == ELBOW_OK)
        status = score(comm, findings, ELBOW_FINDINGS_CALIBRATION, &findings->calibration, error);
    if (status == ELBOW_OK)
        status = score(comm, findings, ELBOW_FINDINGS_CALIBRATION_AGAINST, &findings->calibration_against, error);
    return status;
}

// Scores, minus those of another model if there is one.
static enum elbow_status take_off(const struct elbow_row_scores *scores, const struct elbow_row_scores *others,
                                  double **result, struct elbow_error *error)
{
    enum elbow_status status = elbow_allocate(result, scores->rows, sizeof **result, "scores", error);
    for (uint64_t i = 0; i < scores->rows && status == ELBOW_OK; ++i)
        (*result)[i] = others->scores != NULL ? scores->scores[i] - others->scores[i] : scores->scores[i];
    return status;
}

static enum elbow_status calibrate(struct elbow_findings *findings, struct elbow_error *error)
{
    double *normal = NULL;
    uint64_t rows = findings->own.rows;
    if (!findings->has[ELBOW_FINDINGS_CALIBRATION])
        return ELBOW_OK;
    enum elbow_status status = take_off(&findings->calibration, &findings->calibration_against, &normal, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&findings->p_values, rows, sizeof(double), "p-values", error);
    if (status == ELBOW_OK)
        status = elbow_conformal(findings->calibration.rows, normal, rows, findings->scores, findings->p_values, error);
    if (status == ELBOW_OK && findings->rate > 0)
        status = elbow_allocate(&findings->is_selected, rows, sizeof(bool), "the selected rows", error);
    if (status == ELBOW_OK && findings->rate > 0)
        status = elbow_select_discoveries(rows, findings->p_values, findings->rate, findings->is_selected,
                                          &findings->selected, error);
    elbow_release(&normal);
    return status;
}

// Ranks the rows that have a label.
static enum elbow_status rank_scores(const struct elbow_anomalies *anomalies, uint64_t rows, const double *scores,
                                     struct elbow_findings_ranking *ranking, struct elbow_error *error)
{
    double *known = NULL;
    bool *is_anomaly = NULL;
    size_t count = 0;
    enum elbow_status status = elbow_allocate(&known, rows, sizeof *known, "scores of rows with labels", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&is_anomaly, rows, sizeof *is_anomaly, "labels", error);
    for (uint64_t i = 0; i < rows && status == ELBOW_OK; ++i) {
        if (anomalies->is[i] == ELBOW_ANOMALY_UNKNOWN)
            continue;
        known[count] = scores[i];
        is_anomaly[count++] = anomalies->is[i] == ELBOW_ANOMALY_YES;
    }
    if (status == ELBOW_OK)
        status = elbow_ranking_create(count, known, is_anomaly, &ranking->ranking, error);
    if (status == ELBOW_OK) {
        ranking->auroc = elbow_ranking_auroc(&ranking->ranking);
        ranking->average_precision = elbow_ranking_average_precision(&ranking->ranking);
        ranking->is_there = true;
    }
    elbow_release(&known);
    elbow_release(&is_anomaly);
    return status;
}

static enum elbow_status set_beside(struct elbow_findings *findings, struct elbow_log *log, struct elbow_error *error)
{
    double *scores = NULL;
    if (!findings->has[ELBOW_FINDINGS_TRAINING])
        return ELBOW_OK;
    const struct elbow_dataset *training = &findings->sessions[ELBOW_FINDINGS_TRAINING].dataset;
    const struct elbow_dataset *dataset = &findings->sessions[ELBOW_FINDINGS_OWN].dataset;
    enum elbow_status status = elbow_allocate(&scores, dataset->samples, sizeof *scores, "scores of a PCA", error);
    if (status == ELBOW_OK && training->unknown + dataset->unknown > 0)
        elbow_log_say(log, "no figures of a PCA: some values are missing");
    else if (status == ELBOW_OK) {
        findings->components = elbow_findings_components(findings, training);
        findings->baseline_rows = elbow_baseline_rows(training);
        status = elbow_baseline_scores(training, dataset, findings->components, scores, error);
        if (status == ELBOW_OK)
            status = rank_scores(&findings->anomalies, dataset->samples, scores, &findings->baseline, error);
    }
    elbow_release(&scores);
    return status;
}

// Rank zero's.
static enum elbow_status conclude(struct elbow_findings *findings, struct elbow_log *log, struct elbow_error *error)
{
    uint64_t rows = findings->own.rows;
    const uint64_t *of = findings->anomalies.rows;
    enum elbow_status status = take_off(&findings->own, &findings->against, &findings->scores, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&findings->order, rows, sizeof *findings->order, "the order of the rows", error);
    if (status == ELBOW_OK)
        status = elbow_ranking_order(rows, findings->scores, findings->order, error);
    if (status == ELBOW_OK)
        status = calibrate(findings, error);
    if (status != ELBOW_OK || findings->anomalies.is == NULL)
        return status;
    if (of[1] == 0 || of[2] == 0) {
        elbow_log_say(log, "no AUROC: no row with a label is %s", of[2] == 0 ? "an anomaly" : "normal");
        return ELBOW_OK;
    }
    status = rank_scores(&findings->anomalies, rows, findings->scores, &findings->ranking, error);
    if (status == ELBOW_OK && findings->ranking.auroc.value < 0.5)
        elbow_log_say(log,
                      "AUROC %.4f is below 0.5: normal rows score higher than anomalies; check which labels are normal "
                      "(those of --normal, else 0), or try another --by",
                      findings->ranking.auroc.value);
    return status == ELBOW_OK ? set_beside(findings, log, error) : status;
}

enum elbow_status elbow_findings_make(struct elbow_comm *comm, const struct elbow_findings_request *request,
                                      struct elbow_log *log, struct elbow_findings *findings, struct elbow_error *error)
{
    *findings = (struct elbow_findings){.rate = request->rate};
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_findings_open(comm, request, log, findings, error);
    if (status == ELBOW_OK)
        status = score_all(comm, findings, error);
    if (status != ELBOW_OK)
        return status;
    if (elbow_comm_place(comm).rank == 0)
        conclude(findings, log, error);
    return elbow_comm_agree_root(comm, error);
}

enum elbow_status elbow_findings_write(struct elbow_comm *comm, const struct elbow_findings *findings, const char *path,
                                       enum elbow_publish publish, struct elbow_error *error)
{
    const struct elbow_score_table table = {.dataset = &findings->sessions[ELBOW_FINDINGS_OWN].dataset,
                                            .own = &findings->own,
                                            .scores = findings->scores,
                                            .against = findings->against.scores,
                                            .p_values = findings->p_values,
                                            .is_selected = findings->is_selected,
                                            .anomalies = findings->anomalies.is,
                                            .importance = findings->importance};
    *error = (struct elbow_error){0};
    if (elbow_comm_place(comm).rank == 0)
        elbow_score_table_write(&table, path, publish, error);
    return elbow_comm_agree_root(comm, error);
}

void elbow_findings_clear(struct elbow_comm *comm, struct elbow_findings *findings)
{
    for (int which = 0; which < ELBOW_FINDINGS_SESSIONS && findings->sessions != NULL; ++which)
        elbow_session_close(comm, &findings->sessions[which]);
    elbow_release(&findings->sessions);
    elbow_row_scores_clear(&findings->own);
    elbow_row_scores_clear(&findings->calibration);
    elbow_row_scores_clear(&findings->against);
    elbow_row_scores_clear(&findings->calibration_against);
    elbow_release(&findings->scores);
    elbow_release(&findings->p_values);
    elbow_release(&findings->is_selected);
    elbow_anomalies_clear(&findings->anomalies);
    elbow_ranking_clear(&findings->ranking.ranking);
    elbow_ranking_clear(&findings->baseline.ranking);
    elbow_release(&findings->order);
    *findings = (struct elbow_findings){0};
}
